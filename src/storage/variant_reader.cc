#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "storage/value.h"
#include "storage/variant.h"
#include "storage/variant_bytes.h"
#include "storage/variant_encoding.h"

namespace lakehouse::storage {

void variant::ThrowDamaged(const std::string& why) {
  throw Error(ErrorKind::kCorruption, "LK-3506", "a variant value is damaged: " + why);
}

namespace {

using variant::Bytes;
using variant::Container;
using variant::Dictionary;
using variant::Fixed;
using variant::LongText;
using variant::ThrowDamaged;

constexpr int kMaxReadDepth = 1000;
constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kNanosPerMicro = 1'000;

template <typename Unscaled>
std::string DecimalText(std::string_view value) {
  const int scale = Bytes(value).Byte(1);
  if (scale > kMaxDecimalDigits) ThrowDamaged("a decimal has the scale " + std::to_string(scale));
  Unscaled unscaled;
  std::memcpy(&unscaled, Bytes(value).At(2, sizeof(Unscaled)).data(), sizeof(Unscaled));
  const auto type = DataType::Decimal(kMaxDecimalDigits, scale);
  std::string text = ToPartitionText(storage::Value{static_cast<Int128>(unscaled)}, *type);
  if (scale > 0) text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

template <typename Float>
std::string FloatText(Float number) {
  if (std::isnan(number)) return "\"NaN\"";
  if (std::isinf(number)) return number < 0 ? "\"-Infinity\"" : "\"Infinity\"";
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), number).ptr;
  std::string text(buffer, end);
  // A double stays one when the text is read again.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string TimeText(int64_t micros_of_day) {
  const int64_t seconds = micros_of_day / kMicrosPerSecond;
  const int64_t micros = micros_of_day % kMicrosPerSecond;
  char text[64];
  int size = std::snprintf(text, sizeof(text), "%02ld:%02ld:%02ld", seconds / 3600,
                           seconds / 60 % 60, seconds % 60);
  if (micros != 0) {
    size += std::snprintf(text + size, sizeof(text) - static_cast<size_t>(size), ".%06ld", micros);
  }
  return text;
}

std::string TimestampText(int64_t micros, bool utc) {
  const auto type = DataType::Primitive(TypeId::kTimestampNtz);
  std::string text = ToPartitionText(storage::Value{micros}, *type);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
  }
  return text + (utc ? "+00:00" : "");
}

std::string UuidText(std::string_view value) {
  const std::string_view bytes = Bytes(value).At(1, 16);
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    char hex[3];
    std::snprintf(hex, sizeof(hex), "%02x", static_cast<unsigned char>(bytes[i]));
    text += hex;
  }
  return text;
}

std::string Base64(std::string_view bytes) {
  constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0);
    }
    for (int j = 0; j < 4; ++j) text += kLetters[(group >> (18 - 6 * j)) & 63];
  }
  const size_t lacking = (3 - bytes.size() % 3) % 3;
  text.replace(text.size() - lacking, lacking, lacking, '=');
  return text;
}

/// The text of a value that JSON writes between quotes; nothing for others.
std::optional<std::string> QuotedText(std::string_view value) {
  const uint8_t header = Bytes(value).Byte(0);
  if (BasicTypeOf(header) == VariantBasic::kShortString) {
    return std::string(Bytes(value).At(1, header >> 2));
  }
  if (BasicTypeOf(header) != VariantBasic::kPrimitive) return std::nullopt;
  switch (static_cast<VariantPrimitive>(header >> 2)) {
    case VariantPrimitive::kString:
      return std::string(LongText(value));
    case VariantPrimitive::kBinary:
      return Base64(LongText(value));
    case VariantPrimitive::kDate:
      return ToPartitionText(storage::Value{int64_t{Fixed<int32_t>(value)}},
                             *DataType::Primitive(TypeId::kDate));
    case VariantPrimitive::kTimestamp:
      return TimestampText(Fixed<int64_t>(value), true);
    case VariantPrimitive::kTimestampNtz:
      return TimestampText(Fixed<int64_t>(value), false);
    case VariantPrimitive::kTimestampNanos:
      return TimestampText(Fixed<int64_t>(value) / kNanosPerMicro, true);
    case VariantPrimitive::kTimestampNtzNanos:
      return TimestampText(Fixed<int64_t>(value) / kNanosPerMicro, false);
    case VariantPrimitive::kTime:
      return TimeText(Fixed<int64_t>(value));
    case VariantPrimitive::kUuid:
      return UuidText(value);
    default:
      return std::nullopt;
  }
}

std::string PlainText(std::string_view value) {
  switch (static_cast<VariantPrimitive>(Bytes(value).Byte(0) >> 2)) {
    case VariantPrimitive::kNull:
      return "null";
    case VariantPrimitive::kTrue:
      return "true";
    case VariantPrimitive::kFalse:
      return "false";
    case VariantPrimitive::kInt8:
      return std::to_string(Fixed<int8_t>(value));
    case VariantPrimitive::kInt16:
      return std::to_string(Fixed<int16_t>(value));
    case VariantPrimitive::kInt32:
      return std::to_string(Fixed<int32_t>(value));
    case VariantPrimitive::kInt64:
      return std::to_string(Fixed<int64_t>(value));
    case VariantPrimitive::kFloat:
      return FloatText(Fixed<float>(value));
    case VariantPrimitive::kDouble:
      return FloatText(Fixed<double>(value));
    case VariantPrimitive::kDecimal4:
      return DecimalText<int32_t>(value);
    case VariantPrimitive::kDecimal8:
      return DecimalText<int64_t>(value);
    case VariantPrimitive::kDecimal16:
      return DecimalText<Int128>(value);
    default:
      ThrowDamaged("a value is of no known type");
  }
}

/// JSON's escapes; damaged UTF-8 is an error.
std::string Quoted(std::string_view text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    ThrowDamaged("a text is no UTF-8");
  }
}

class JsonWriter {
 public:
  explicit JsonWriter(std::string_view metadata) : names_(metadata) {}

  void Write(std::string_view value, int depth) {
    if (depth > kMaxReadDepth) ThrowDamaged("it is nested too deep");
    const VariantBasic basic = BasicTypeOf(Bytes(value).Byte(0));
    if (basic == VariantBasic::kObject || basic == VariantBasic::kArray) {
      return WriteParts(Container(value), depth);
    }
    const auto quoted = QuotedText(value);
    json += quoted ? Quoted(*quoted) : PlainText(value);
  }

  std::string json;

 private:
  void WriteParts(const Container& parts, int depth) {
    json += parts.is_object() ? '{' : '[';
    for (uint64_t i = 0; i < parts.size(); ++i) {
      if (i > 0) json += ',';
      if (parts.is_object()) json += Quoted(names_.Name(parts.NameId(i))) + ':';
      Write(parts.Value(i), depth + 1);
    }
    json += parts.is_object() ? '}' : ']';
  }

  const Dictionary names_;
};

std::optional<std::string_view> Step(const Dictionary& names, std::string_view value,
                                     const VariantStep& step) {
  const VariantBasic basic = BasicTypeOf(Bytes(value).Byte(0));
  const auto* name = std::get_if<std::string>(&step);
  if (basic != (name ? VariantBasic::kObject : VariantBasic::kArray)) return std::nullopt;
  const Container parts(value);
  if (!name) {
    const auto at = static_cast<uint64_t>(std::get<int64_t>(step));
    return at < parts.size() ? std::optional(parts.Value(at)) : std::nullopt;
  }
  for (uint64_t i = 0; i < parts.size(); ++i) {
    if (names.Name(parts.NameId(i)) == *name) return parts.Value(i);
  }
  return std::nullopt;
}

}  // namespace

const std::vector<Field>& VariantParts() {
  static const std::vector<Field> kParts = {
      {"value", DataType::Primitive(TypeId::kBinary), false, {}},
      {"metadata", DataType::Primitive(TypeId::kBinary), false, {}}};
  return kParts;
}

std::string VariantJson(const VariantView& variant) {
  JsonWriter writer(variant.metadata);
  writer.Write(variant.value, 0);
  return std::move(writer.json);
}

std::optional<std::string> VariantText(const VariantView& variant) {
  if (IsVariantNull(variant)) return std::nullopt;
  if (auto text = QuotedText(variant.value)) return text;
  return VariantJson(variant);
}

bool IsVariantNull(const VariantView& variant) { return Bytes(variant.value).Byte(0) == 0; }

std::optional<VariantView> VariantAt(VariantView variant, const std::vector<VariantStep>& path) {
  const Dictionary names(variant.metadata);
  for (const VariantStep& step : path) {
    const auto next = Step(names, variant.value, step);
    if (!next) return std::nullopt;
    variant.value = *next;
  }
  return variant;
}

std::vector<VariantEntry> VariantEntries(const VariantView& variant) {
  const VariantBasic basic = BasicTypeOf(Bytes(variant.value).Byte(0));
  const bool is_object = basic == VariantBasic::kObject;
  std::vector<VariantEntry> entries;
  if (!is_object && basic != VariantBasic::kArray) return entries;
  const Dictionary names(variant.metadata);
  const Container parts(variant.value);
  for (uint64_t i = 0; i < parts.size(); ++i) {
    VariantEntry entry{std::nullopt, {variant.metadata, parts.Value(i)}};
    if (is_object) entry.name = names.Name(parts.NameId(i));
    entries.push_back(entry);
  }
  return entries;
}

void CheckVariant(const VariantView& variant) { VariantJson(variant); }

}  // namespace lakehouse::storage
