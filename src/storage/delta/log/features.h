#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/snapshot.h"

namespace lakehouse::storage::delta {

/// A table feature (PROTOCOL.md, "Table Features").
struct Feature {
  std::string_view name;
  bool reader = false;  ///< readers must know it, too
  /// The versions that imply it without a list; 0: it is always listed.
  int min_reader = 0;
  int min_writer = 0;
  /// Do properties or columns use it? Null: nothing but its name tells.
  bool (*used)(const TableMetadata&) = nullptr;
  std::vector<std::string_view> needs = {};
  bool readable = true;  ///< by this engine; features of writers alone always are
  bool writable = true;  ///< the log, by this engine
};

/// All that this engine knows.
std::span<const Feature> Features();
/// Null for one that is not known.
const Feature* FindFeature(std::string_view name);

/// A property's text, "" when it is not there.
std::string Property(const TableMetadata& metadata, const std::string& key);
/// Is the property "true", in any case?
bool IsOn(const TableMetadata& metadata, const std::string& key);
/// Is there a column, at any depth, of type `id`?
bool HasType(const TableMetadata& metadata, TypeId id);

}  // namespace lakehouse::storage::delta
