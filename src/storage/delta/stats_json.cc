#include "storage/delta/stats_json.h"

#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"

namespace lakehouse::storage::delta {
namespace {

using Json = nlohmann::json;

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

/// The JSON text of a bound, or nothing when it has no place in statistics.
std::optional<std::string> BoundText(const Value& value, const DataType& type, bool upper) {
  if (value.is_null()) return std::nullopt;
  switch (type.id()) {
    case TypeId::kString: {
      const auto& text = std::get<std::string>(value.data);
      const auto bound = upper ? UpperBound(text) : std::optional(LowerBound(text));
      return bound ? std::optional(Quoted(*bound)) : std::nullopt;
    }
    case TypeId::kFloat:
    case TypeId::kDouble: {
      const double number = std::get<double>(value.data);
      return std::isfinite(number) ? std::optional(Json(number).dump()) : std::nullopt;
    }
    case TypeId::kDate:
      return Quoted(ToPartitionText(value, type));
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz: {
      const int64_t micros = std::get<int64_t>(value.data);
      const int64_t rest = ((micros % kMicrosPerMilli) + kMicrosPerMilli) % kMicrosPerMilli;
      std::string text = ToPartitionText(Value{micros - rest}, type);
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

const DataType* LeafType(const Schema& schema, const ColumnPath& path) {
  const std::vector<Field>* fields = &schema.fields;
  const DataType* type = nullptr;
  for (const std::string& name : path) {
    type = nullptr;
    for (const Field& field : *fields) {
      if (field.name == name) type = field.type.get();
    }
    if (type == nullptr) return nullptr;
    fields = &type->fields();
  }
  return type;
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

const Json* FindPath(const Json& root, const char* group, const ColumnPath& path) {
  if (!root.is_object() || !root.contains(group)) return nullptr;
  const Json* at = &root[group];
  for (const std::string& name : path) {
    if (!at->is_object()) return nullptr;
    const auto found = at->find(name);
    if (found == at->end()) return nullptr;
    at = &*found;
  }
  return at;
}

Value DecimalBound(const Json& json, const DataType& type) {
  if (json.is_number_integer() || json.is_string()) {
    return FromPartitionText(json.is_string() ? json.get<std::string>() : json.dump(), type);
  }
  if (type.precision() > kExactDigits) return {};
  const double scaled = json.get<double>() * std::pow(10.0, type.scale());
  return Value{static_cast<Int128>(std::llround(scaled))};
}

Value BoundOf(const Json* json, const DataType& type, bool upper) {
  if (json == nullptr || json->is_null()) return {};
  switch (type.id()) {
    case TypeId::kString:
      return json->is_string() ? Value{json->get<std::string>()} : Value{};
    case TypeId::kFloat:
    case TypeId::kDouble:
      return json->is_number() ? Value{json->get<double>()} : Value{};
    case TypeId::kDecimal:
      return DecimalBound(*json, type);
    case TypeId::kByte:
    case TypeId::kShort:
    case TypeId::kInteger:
    case TypeId::kLong:
      return json->is_number_integer() ? Value{json->get<int64_t>()} : Value{};
    case TypeId::kDate:
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz: {
      if (!json->is_string()) return {};
      Value value = FromPartitionText(json->get<std::string>(), type);
      if (upper && !value.is_null() && type.id() != TypeId::kDate) {
        std::get<int64_t>(value.data) += kMicrosPerMilli - 1;
      }
      return value;
    }
    default:
      return {};
  }
}

}  // namespace

std::string WriteStats(const FileStats& stats, const Schema& schema) {
  Tree minima, maxima, nulls;
  for (const auto& [path, leaf] : stats.leaves) {
    const DataType* type = LeafType(schema, path);
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

int64_t ParseRecordCount(std::string_view stats) {
  // The count stands first in what every known writer writes; the full parse is for the others.
  constexpr std::string_view kHead = "{\"numRecords\":";
  if (stats.substr(0, kHead.size()) == kHead) {
    return std::strtoll(std::string(stats.substr(kHead.size(), 20)).c_str(), nullptr, 10);
  }
  const Json json = Json::parse(stats, nullptr, false);
  if (!json.is_object() || !json.contains("numRecords")) return -1;
  return json["numRecords"].is_number_integer() ? json["numRecords"].get<int64_t>() : -1;
}

LeafStats ParseLeaf(std::string_view stats, const ColumnPath& column, const DataType& type) {
  LeafStats leaf;
  const Json json = Json::parse(stats, nullptr, false);
  if (!json.is_object()) return leaf;
  const Json* nulls = FindPath(json, "nullCount", column);
  if (nulls != nullptr && nulls->is_number_integer()) leaf.null_count = nulls->get<int64_t>();
  try {
    leaf.min = BoundOf(FindPath(json, "minValues", column), type, false);
    leaf.max = BoundOf(FindPath(json, "maxValues", column), type, true);
  } catch (const Error&) {
    leaf.min = leaf.max = Value{};  // a text that is no value of the type says nothing
  }
  return leaf;
}

}  // namespace lakehouse::storage::delta
