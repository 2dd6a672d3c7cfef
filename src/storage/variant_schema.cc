#include "storage/variant_schema.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

#include "storage/value.h"
#include "storage/variant_bytes.h"

namespace lakehouse::storage {
namespace {

constexpr int kMaxDepth = 1000;
/// Digits of the decimal that holds every BIGINT, as Spark counts them.
constexpr int kLongDigits = 20;

/// Digits and scale of a decimal, without zeros at its end.
template <typename Unscaled>
std::pair<int, int> DigitsOf(std::string_view value) {
  int scale = variant::Bytes(value).Byte(1);
  Unscaled unscaled;
  std::memcpy(&unscaled, variant::Bytes(value).At(2, sizeof(Unscaled)).data(), sizeof(Unscaled));
  while (scale > 0 && unscaled % 10 == 0) {
    unscaled /= 10;
    --scale;
  }
  int digits = 0;
  for (; unscaled != 0; unscaled /= 10) ++digits;
  return {std::max({digits, scale, 1}), scale};
}

bool IsPlainName(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
  });
}

std::string NameText(const std::string& name) {
  if (IsPlainName(name)) return name;
  std::string text = "`";
  for (const char c : name) text += c == '`' ? "``" : std::string(1, c);
  return text + "`";
}

}  // namespace

// Here, where Field is known.
VariantSchema::VariantSchema() = default;
VariantSchema::VariantSchema(Kind kind) : kind_(kind) {}
VariantSchema::VariantSchema(const VariantSchema&) = default;
VariantSchema::VariantSchema(VariantSchema&&) noexcept = default;
VariantSchema& VariantSchema::operator=(const VariantSchema&) = default;
VariantSchema& VariantSchema::operator=(VariantSchema&&) noexcept = default;
VariantSchema::~VariantSchema() = default;

VariantSchema VariantSchema::Decimal(int precision, int scale) {
  VariantSchema schema(Kind::kDecimal);
  schema.precision_ = precision;
  schema.scale_ = scale;
  return schema;
}

VariantSchema VariantSchema::Of(const VariantView& view, int depth) {
  if (depth > kMaxDepth) variant::ThrowDamaged("it is nested too deep");
  const VariantBasic basic = BasicTypeOf(variant::Bytes(view.value).Byte(0));
  if (basic == VariantBasic::kShortString) return VariantSchema(Kind::kString);
  if (basic == VariantBasic::kPrimitive) return OfPrimitive(view.value);
  const bool is_object = basic == VariantBasic::kObject;
  VariantSchema schema(is_object ? Kind::kObject : Kind::kArray);
  if (!is_object) schema.fields_.emplace_back();
  for (const VariantEntry& entry : VariantEntries(view)) {
    auto part = Of(entry.variant, depth + 1);
    if (is_object) {
      schema.fields_.push_back({std::string(*entry.name), std::move(part)});
    } else {
      schema.fields_[0].schema.Merge(std::move(part));
    }
  }
  std::sort(schema.fields_.begin(), schema.fields_.end(),
            [](const Field& a, const Field& b) { return a.name < b.name; });
  return schema;
}

VariantSchema VariantSchema::OfPrimitive(std::string_view value) {
  const auto decimal = [](const std::pair<int, int>& digits) {
    return Decimal(digits.first, digits.second);
  };
  switch (static_cast<VariantPrimitive>(variant::Bytes(value).Byte(0) >> 2)) {
    case VariantPrimitive::kNull:
      return {};
    case VariantPrimitive::kTrue:
    case VariantPrimitive::kFalse:
      return VariantSchema(Kind::kBoolean);
    case VariantPrimitive::kInt8:
    case VariantPrimitive::kInt16:
    case VariantPrimitive::kInt32:
    case VariantPrimitive::kInt64:
      return VariantSchema(Kind::kLong);
    case VariantPrimitive::kFloat:
      return VariantSchema(Kind::kFloat);
    case VariantPrimitive::kDouble:
      return VariantSchema(Kind::kDouble);
    case VariantPrimitive::kDecimal4:
      return decimal(DigitsOf<int32_t>(value));
    case VariantPrimitive::kDecimal8:
      return decimal(DigitsOf<int64_t>(value));
    case VariantPrimitive::kDecimal16:
      return decimal(DigitsOf<Int128>(value));
    case VariantPrimitive::kString:
      return VariantSchema(Kind::kString);
    case VariantPrimitive::kBinary:
      return VariantSchema(Kind::kBinary);
    case VariantPrimitive::kDate:
      return VariantSchema(Kind::kDate);
    case VariantPrimitive::kTimestamp:
    case VariantPrimitive::kTimestampNanos:
      return VariantSchema(Kind::kTimestamp);
    case VariantPrimitive::kTimestampNtz:
    case VariantPrimitive::kTimestampNtzNanos:
      return VariantSchema(Kind::kTimestampNtz);
    case VariantPrimitive::kTime:
      return VariantSchema(Kind::kTime);
    case VariantPrimitive::kUuid:
      return VariantSchema(Kind::kUuid);
  }
  variant::ThrowDamaged("a value is of no known type");
}

void VariantSchema::Merge(VariantSchema other) {
  if (other.kind_ == Kind::kVoid) return;
  const bool nested = kind_ == Kind::kArray || kind_ == Kind::kObject;
  if (kind_ == Kind::kVoid) {
    *this = std::move(other);
  } else if (kind_ == other.kind_ && nested) {
    MergeFields(std::move(other));
  } else if (is_number() && other.is_number()) {
    MergeNumber(other);
  } else if (is_time() && other.is_time()) {
    kind_ = std::max(kind_, other.kind_);
  } else if (kind_ != other.kind_) {
    *this = VariantSchema(Kind::kVariant);
  }
}

/// Spark's rule for the types of numbers in JSON.
void VariantSchema::MergeNumber(const VariantSchema& other) {
  const bool exact = kind_ == Kind::kDecimal || other.kind_ == Kind::kDecimal;
  if (!exact) {
    kind_ = std::max(kind_, other.kind_);
    return;
  }
  const auto whole = [](const VariantSchema& number) {
    return number.kind_ == Kind::kLong ? Decimal(kLongDigits, 0) : number;
  };
  const VariantSchema a = whole(*this);
  const VariantSchema b = whole(other);
  if (a.kind_ == Kind::kFloat || b.kind_ == Kind::kFloat) {
    *this = VariantSchema(Kind::kVariant);
    return;
  }
  const int scale = std::max(a.scale_, b.scale_);
  const int range = std::max(a.precision_ - a.scale_, b.precision_ - b.scale_);
  const bool fits = a.kind_ == b.kind_ && range + scale <= kMaxDecimalDigits;
  *this = fits ? Decimal(range + scale, scale) : VariantSchema(Kind::kDouble);
}

void VariantSchema::MergeFields(VariantSchema other) {
  std::vector<Field> merged;
  auto one = fields_.begin();
  auto two = other.fields_.begin();
  while (one != fields_.end() && two != other.fields_.end()) {
    if (one->name == two->name) {
      one->schema.Merge(std::move(two++->schema));
      merged.push_back(std::move(*one++));
    } else {
      merged.push_back(std::move(one->name < two->name ? *one++ : *two++));
    }
  }
  std::move(one, fields_.end(), std::back_inserter(merged));
  std::move(two, other.fields_.end(), std::back_inserter(merged));
  fields_ = std::move(merged);
}

std::string VariantSchema::ToString() const {
  static constexpr const char* kNames[] = {
      "VOID", "BOOLEAN",       "BIGINT",    "FLOAT", "DOUBLE", "DECIMAL", "STRING", "BINARY",
      "DATE", "TIMESTAMP_NTZ", "TIMESTAMP", "TIME",  "UUID",   "ARRAY",   "OBJECT", "VARIANT"};
  std::string text = kNames[static_cast<size_t>(kind_)];
  if (kind_ == Kind::kDecimal) {
    return text + "(" + std::to_string(precision_) + "," + std::to_string(scale_) + ")";
  }
  if (kind_ == Kind::kArray) return text + "<" + fields_[0].schema.ToString() + ">";
  if (kind_ != Kind::kObject) return text;
  text += "<";
  for (const Field& field : fields_) {
    if (&field != fields_.data()) text += ", ";
    text += NameText(field.name) + ": " + field.schema.ToString();
  }
  return text + ">";
}

}  // namespace lakehouse::storage
