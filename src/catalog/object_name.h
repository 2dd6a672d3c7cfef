#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace lakehouse::catalog {

/// catalog.schema.name, each part as written (names compare without regard to case; the catalog
/// keeps the spelling of who created the object).
struct ObjectName {
  std::string catalog;
  std::string schema;
  std::string name;

  /// "lake.bronze.flights", parts quoted where they need it.
  std::string ToString() const;
  /// One to three parts, "" or `` around a part; missing parts from the defaults. InvalidArgument
  /// LK-2001.
  static ObjectName Parse(std::string_view text, std::string_view default_catalog,
                          std::string_view default_schema);
  friend bool operator==(const ObjectName&, const ObjectName&) = default;
};

/// Names are 1 to 255 bytes of valid UTF-8 without control characters, '/', '\\' and not "." or
/// "..". Throws InvalidArgument LK-2001.
void ValidateName(std::string_view part);

/// The form in which names compare: ASCII letters in lower case, everything else as it is.
std::string FoldCase(std::string_view name);

}  // namespace lakehouse::catalog
