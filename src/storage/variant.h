#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "storage/schema.h"

namespace lakehouse::storage {

/// A value of the variant type in the binary encoding of Parquet (VariantEncoding.md): the names of
/// fields, and the value that refers to them.
struct VariantView {
  std::string_view metadata;
  std::string_view value;
};

/// A variant that owns its bytes.
struct Variant {
  std::string metadata;
  std::string value;

  VariantView view() const { return {metadata, value}; }
};

/// A step into a variant: the name of an object's field, or an index of an array from 0.
using VariantStep = std::variant<std::string, int64_t>;

/// A variant of at most this size is made of JSON, as in Spark.
inline constexpr size_t kMaxVariantBytes = size_t{16} << 20;

/// What the files have of a column of variants, in this order: both binary, neither ever null.
const std::vector<Field>& VariantParts();

/// The variant of a JSON text. Numbers are the smallest integer that holds them, decimals of up to
/// 38 digits, else doubles. InvalidArgument LK-4095 for a text that is no JSON, has a name twice in
/// one object, is nested deeper than 500 levels, or gives more than kMaxVariantBytes.
Variant ParseVariant(std::string_view json);

/// The steps of "$.a.b[0]['any name']". InvalidArgument LK-4095 for another text.
std::vector<VariantStep> ParseVariantPath(std::string_view path);

// Each of these reads what it needs of the bytes; Corruption LK-3506 when they are damaged there.

/// JSON; what JSON has no form for (dates, binary in base 64, NaN ...) is a string.
std::string VariantJson(const VariantView& variant);
/// The text of a string as it is, of everything else its JSON; nothing for the variant's own null.
std::optional<std::string> VariantText(const VariantView& variant);
/// Is it the null that variants have, JSON's null?
bool IsVariantNull(const VariantView& variant);
/// What stands at the path; nothing when there is no such field or element.
std::optional<VariantView> VariantAt(VariantView variant, const std::vector<VariantStep>& path);
/// A field of an object or an element of an array, in the order in which they are stored.
struct VariantEntry {
  std::optional<std::string_view> name;  ///< of a field
  VariantView variant;
};

/// The parts of an object or an array; none of other values.
std::vector<VariantEntry> VariantEntries(const VariantView& variant);
/// Reads all of it.
void CheckVariant(const VariantView& variant);

}  // namespace lakehouse::storage
