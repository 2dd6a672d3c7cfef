#include "storage/delta/log/stats_json.h"

#include <simdjson.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"

namespace lakehouse::storage::delta {
namespace {

using Json = nlohmann::json;
namespace dom = simdjson::dom;

constexpr size_t kMaxUnits = 32;
constexpr int64_t kMicrosPerMilli = 1000;
constexpr int kExactDigits = 15;  // decimals that a double holds exactly

/// Length in bytes of the UTF-8 sequence that begins at `text`.
size_t SequenceLength(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
}

/// Bytes of the longest prefix with at most `units` UTF-16 units.
size_t PrefixBytes(std::string_view text, size_t units) {
  size_t bytes = 0;
  while (bytes < text.size()) {
    const size_t length = SequenceLength(text[bytes]);
    const size_t cost = length == 4 ? 2 : 1;
    if (cost > units || bytes + length > text.size()) break;
    units -= cost;
    bytes += length;
  }
  return bytes;
}

std::string LowerBound(const std::string& text) {
  return text.substr(0, PrefixBytes(text, kMaxUnits));
}

/// A short text that is not less than any text with this prefix of `text`; nothing when there is
/// none.
std::optional<std::string> UpperBound(const std::string& text) {
  const size_t bytes = PrefixBytes(text, kMaxUnits);
  if (bytes == text.size()) return text;
  const bool ascii = static_cast<unsigned char>(text[bytes]) < 0x7F;
  if (!ascii && text.compare(bytes, 4, "\xF4\x8F\xBF\xBF") == 0) return std::nullopt;
  return text.substr(0, bytes) + (ascii ? "\x7F" : "\xF4\x8F\xBF\xBF");
}

std::string Quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// "2013-01-01"; years that do not have four digits are written in different ways.
bool IsPlainDate(const std::string& text) {
  return text.size() == 10 && text[0] != '-' && text[4] == '-' && text[7] == '-';
}

/// The JSON text of a bound, or nothing when it has no place in statistics.
std::optional<std::string> BoundText(const Value& value, const DataType& type, bool upper) {
  if (value.is_null()) return std::nullopt;
  switch (type.id()) {
    case TypeId::kString: {
      const auto& text = std::get<std::string>(value.data);
      // Text that is not UTF-8 has no form in JSON that keeps its place in the order.
      if (!simdjson::validate_utf8(text)) return std::nullopt;
      const auto bound = upper ? UpperBound(text) : std::optional(LowerBound(text));
      return bound ? std::optional(Quoted(*bound)) : std::nullopt;
    }
    case TypeId::kFloat:
    case TypeId::kDouble: {
      const double number = std::get<double>(value.data);
      return std::isfinite(number) ? std::optional(Json(number).dump()) : std::nullopt;
    }
    case TypeId::kDate: {
      const std::string text = ToPartitionText(value, type);
      return IsPlainDate(text) ? std::optional(Quoted(text)) : std::nullopt;
    }
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz: {
      const int64_t micros = std::get<int64_t>(value.data);
      const int64_t rest = ((micros % kMicrosPerMilli) + kMicrosPerMilli) % kMicrosPerMilli;
      std::string text = ToPartitionText(Value{micros - rest}, type);
      if (text.size() < 26 || !IsPlainDate(text.substr(0, 10))) return std::nullopt;
      text[10] = 'T';
      text.erase(23, 3);  // "...12.345000Z" -> "...12.345Z"
      return Quoted(text);
    }
    case TypeId::kBoolean:
    case TypeId::kBinary:
      return std::nullopt;
    default:
      return ToPartitionText(value, type);
  }
}

/// Nested JSON objects from leaf texts: {"a": "1", "b.c": "2"} -> {"a":1,"b":{"c":2}}.
struct Tree {
  std::string leaf;
  std::map<std::string, Tree> children;

  void Put(const ColumnPath& path, std::string text) {
    Tree* at = this;
    for (const std::string& name : path) at = &at->children[name];
    at->leaf = std::move(text);
  }
  std::string Text() const {
    if (!leaf.empty()) return leaf;
    std::string text;
    for (const auto& [name, child] : children) {
      text += (text.empty() ? "" : ",") + Quoted(name) + ":" + child.Text();
    }
    return "{" + text + "}";
  }
};

/// What stands at `path` in `group`; nothing when it is not there, or null.
std::optional<dom::element> FindPath(const dom::object& root, const char* group,
                                     const ColumnPath& path) {
  dom::element at;
  if (root[group].get(at) != simdjson::SUCCESS) return std::nullopt;
  for (const std::string& name : path) {
    dom::object members;
    if (at.get(members) != simdjson::SUCCESS) return std::nullopt;
    if (members[name].get(at) != simdjson::SUCCESS) return std::nullopt;
  }
  return at.is_null() ? std::nullopt : std::optional(at);
}

/// A scalar of a JSON text.
struct Scalar {
  enum class Kind { kOther, kText, kInteger, kReal };
  Kind kind = Kind::kOther;
  std::string_view text;
  int64_t integer = 0;
  double real = 0;

  bool is_number() const { return kind == Kind::kInteger || kind == Kind::kReal; }
};

Scalar ScalarOf(const std::optional<dom::element>& json) {
  Scalar scalar;
  if (!json) return scalar;
  if (json->is_string()) {
    scalar.kind = Scalar::Kind::kText;
    scalar.text = json->get_string().value_unsafe();
  } else if (json->is_int64()) {
    scalar.kind = Scalar::Kind::kInteger;
    scalar.integer = json->get_int64().value_unsafe();
  } else if (json->is_number()) {
    scalar.kind = Scalar::Kind::kReal;
    scalar.real = json->get_double().value_unsafe();
  }
  return scalar;
}

/// Of a number's text; of another kind for any other text.
Scalar NumberOf(std::string_view text) {
  Scalar scalar;
  const char* end = text.data() + text.size();
  const auto whole = std::from_chars(text.data(), end, scalar.integer);
  if (whole.ec == std::errc() && whole.ptr == end) {
    scalar.kind = Scalar::Kind::kInteger;
    return scalar;
  }
  // Not "nan" or "inf", which JSON does not have.
  const bool digits = !text.empty() && (std::isdigit(static_cast<unsigned char>(text.back())) != 0);
  const auto real = std::from_chars(text.data(), end, scalar.real);
  if (digits && real.ec == std::errc() && real.ptr == end) scalar.kind = Scalar::Kind::kReal;
  return scalar;
}

Value DecimalBound(const Scalar& scalar, const DataType& type) {
  if (scalar.kind == Scalar::Kind::kInteger) {
    return FromPartitionText(std::to_string(scalar.integer), type);
  }
  if (scalar.kind == Scalar::Kind::kText) return FromPartitionText(scalar.text, type);
  if (scalar.kind != Scalar::Kind::kReal || type.precision() > kExactDigits) return {};
  const double scaled = scalar.real * std::pow(10.0, type.scale());
  if (!(std::fabs(scaled) < std::pow(10.0, type.precision()))) return {};
  return Value{static_cast<Int128>(std::llround(scaled))};
}

Value IntegerBound(const Scalar& scalar, int64_t lowest, int64_t highest) {
  if (scalar.kind != Scalar::Kind::kInteger) return {};
  return scalar.integer < lowest || scalar.integer > highest ? Value{} : Value{scalar.integer};
}

Value RealBound(const Scalar& scalar) {
  if (!scalar.is_number()) return {};
  const bool whole = scalar.kind == Scalar::Kind::kInteger;
  return Value{whole ? static_cast<double>(scalar.integer) : scalar.real};
}

Value BoundOf(const Scalar& scalar, const DataType& type, bool upper) {
  switch (type.id()) {
    case TypeId::kString:
      return scalar.kind == Scalar::Kind::kText ? Value{std::string(scalar.text)} : Value{};
    case TypeId::kFloat:
    case TypeId::kDouble:
      return RealBound(scalar);
    case TypeId::kDecimal:
      return DecimalBound(scalar, type);
    case TypeId::kByte:
      return IntegerBound(scalar, INT8_MIN, INT8_MAX);
    case TypeId::kShort:
      return IntegerBound(scalar, INT16_MIN, INT16_MAX);
    case TypeId::kInteger:
      return IntegerBound(scalar, INT32_MIN, INT32_MAX);
    case TypeId::kLong:
      return IntegerBound(scalar, INT64_MIN, INT64_MAX);
    case TypeId::kDate:
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz: {
      if (scalar.kind != Scalar::Kind::kText) return {};
      Value value = FromPartitionText(scalar.text, type);
      if (upper && !value.is_null() && type.id() != TypeId::kDate) {
        std::get<int64_t>(value.data) += kMicrosPerMilli - 1;
      }
      return value;
    }
    default:
      return {};
  }
}

/// The text that stands between quotes; nothing for a text that JSON does not have.
std::optional<std::string> Unquoted(std::string_view text) {
  if (text.find('\\') == std::string_view::npos) return std::string(text);
  const Json json = Json::parse('"' + std::string(text) + '"', nullptr, false);
  return json.is_string() ? std::optional(json.get<std::string>()) : std::nullopt;
}

/// The members of a stats text, as long as the thread parses no other one; nothing for odd text.
std::optional<dom::object> ParseText(std::string_view stats) {
  thread_local dom::parser parser;
  dom::object root;
  if (parser.parse(stats.data(), stats.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
  return root;
}

}  // namespace

const DataType* FindLeaf(const Schema& schema, ColumnMapping mapping, const ColumnPath& path,
                         ColumnPath& physical) {
  const std::vector<Field>* fields = &schema.fields;
  const DataType* type = nullptr;
  for (const std::string& name : path) {
    const auto found = std::find_if(fields->begin(), fields->end(),
                                    [&](const Field& field) { return field.name == name; });
    if (found == fields->end()) return nullptr;
    physical.push_back(PhysicalName(*found, mapping));
    type = found->type.get();
    fields = &type->fields();
  }
  return type;
}

std::string WriteStats(const FileStats& stats, const Schema& schema, ColumnMapping mapping) {
  Tree minima, maxima, nulls;
  for (const auto& [logical, leaf] : stats.leaves) {
    ColumnPath path;
    const DataType* type = FindLeaf(schema, mapping, logical, path);
    if (type == nullptr) continue;
    const auto low = BoundText(leaf.min, *type, false);
    const auto high = BoundText(leaf.max, *type, true);
    if (low) minima.Put(path, *low);
    if (high) maxima.Put(path, *high);
    if (leaf.null_count >= 0) nulls.Put(path, std::to_string(leaf.null_count));
  }
  if (stats.num_records < 0) return {};
  return "{\"numRecords\":" + std::to_string(stats.num_records) +
         ",\"minValues\":" + minima.Text() + ",\"maxValues\":" + maxima.Text() +
         ",\"nullCount\":" + nulls.Text() + "}";
}

std::optional<std::string> WithWideBounds(std::string_view stats) {
  if (!ParseText(stats)) return std::nullopt;
  // The parts are taken over as they stand: numbers may have more digits than a double.
  namespace ondemand = simdjson::ondemand;
  const simdjson::padded_string padded(stats);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object members;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(members) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  std::string text;
  for (auto member : members) {
    std::string_view key, value;
    if (member.unescaped_key().get(key) != simdjson::SUCCESS) return std::nullopt;
    if (key == "tightBounds") continue;
    const std::string name = Quoted(std::string(key));
    if (simdjson::to_json_string(member.value()).get(value) != simdjson::SUCCESS) {
      return std::nullopt;
    }
    text += (text.empty() ? "" : ",") + name + ":" + std::string(value);
  }
  return "{" + text + (text.empty() ? "" : ",") + "\"tightBounds\":false}";
}

int64_t ParseRecordCount(std::string_view stats) {
  // The count stands first in what every known writer writes; the full parse is for the others.
  constexpr std::string_view kHead = "{\"numRecords\":";
  int64_t count = -1;
  if (stats.substr(0, kHead.size()) == kHead) {
    const char* end = stats.data() + stats.size();
    const auto [rest, failure] = std::from_chars(stats.data() + kHead.size(), end, count);
    if (failure == std::errc() && rest != end && (*rest == ',' || *rest == '}')) {
      return std::max<int64_t>(count, -1);
    }
  }
  count = -1;
  const auto root = ParseText(stats);
  if (!root || (*root)["numRecords"].get(count) != simdjson::SUCCESS) return -1;
  return std::max<int64_t>(count, -1);
}

namespace {

LeafStats LeafOf(const dom::object& root, const ColumnPath& column, const DataType& type) {
  LeafStats leaf;
  int64_t nulls = -1;
  const auto count = FindPath(root, "nullCount", column);
  if (count && count->get(nulls) == simdjson::SUCCESS && nulls >= 0) leaf.null_count = nulls;
  try {
    leaf.min = BoundOf(ScalarOf(FindPath(root, "minValues", column)), type, false);
    leaf.max = BoundOf(ScalarOf(FindPath(root, "maxValues", column)), type, true);
  } catch (const Error&) {
    leaf.min = leaf.max = Value{};  // a text that is no value of the type says nothing
  }
  return leaf;
}

}  // namespace

std::optional<Value> BoundOfNumber(int64_t number, const DataType& type, bool upper) {
  Scalar scalar;
  scalar.kind = Scalar::Kind::kInteger;
  scalar.integer = number;
  try {
    return BoundOf(scalar, type, upper);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<Value> BoundOfText(std::string_view text, bool quoted, const DataType& type,
                                 bool upper) {
  try {
    if (!quoted) return BoundOf(NumberOf(text), type, upper);
    const auto plain = Unquoted(text);
    if (!plain) return std::nullopt;
    Scalar scalar;
    scalar.kind = Scalar::Kind::kText;
    scalar.text = *plain;
    return BoundOf(scalar, type, upper);
  } catch (const Error&) {
    return std::nullopt;
  }
}

LeafStats ParseLeaf(std::string_view stats, const ColumnPath& column, const DataType& type) {
  const auto root = ParseText(stats);
  return root ? LeafOf(*root, column, type) : LeafStats{};
}

std::optional<ParsedStats> ParseStats(std::string_view stats,
                                      const std::vector<StatsLeaf>& leaves) {
  const auto root = ParseText(stats);
  if (!root) return std::nullopt;
  ParsedStats parsed;
  int64_t count = -1;
  if ((*root)["numRecords"].get(count) == simdjson::SUCCESS) {
    parsed.num_records = std::max<int64_t>(count, -1);
  }
  bool tight = true;
  if ((*root)["tightBounds"].get(tight) == simdjson::SUCCESS) parsed.tight_bounds = tight;
  for (const StatsLeaf& leaf : leaves) {
    parsed.leaves.push_back(LeafOf(*root, leaf.path, *leaf.type));
  }
  return parsed;
}

}  // namespace lakehouse::storage::delta
