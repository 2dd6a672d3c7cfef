#include "storage/schema.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "storage/schema_names.h"

namespace lakehouse::storage {
namespace {

constexpr int kMaxPrecision = 38;
constexpr int kMaxDepth = 100;
constexpr std::string_view kForbidden = " ,;{}()\n\t=";

std::string_view NameOf(TypeId id) {
  constexpr std::string_view kNames[] = {
      "boolean", "byte",   "short", "integer",   "long",          "float", "double", "decimal",
      "string",  "binary", "date",  "timestamp", "timestamp_ntz", "void",  "variant"};
  return kNames[static_cast<size_t>(id)];
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

[[noreturn]] void ThrowInvalid(const std::string& why, const std::string& hint = {}) {
  throw Error(ErrorKind::kInvalidSchema, "LK-3502", why, hint);
}

void ValidateFields(const std::vector<Field>& fields, const std::string& place, int depth,
                    bool any_name) {
  if (depth > kMaxDepth) ThrowInvalid(place + " is nested more than 100 levels deep");
  std::set<std::string> seen;
  for (const Field& field : fields) {
    const std::string name = place.empty() ? field.name : place + "." + field.name;
    if (field.name.empty()) ThrowInvalid("a column without a name in " + place);
    if (!seen.insert(Lower(field.name)).second) {
      ThrowInvalid("the column " + name + " is there twice",
                   "Names are compared without regard to case.");
    }
    if (!any_name && field.name.find_first_of(kForbidden) != std::string::npos) {
      ThrowInvalid(
          "the column name '" + name + "' has a character that tables do not allow",
          "Not allowed are blanks and , ; { } ( ) = and line breaks, unless columns are mapped.");
    }
    if (field.type->is_nested()) ValidateFields(field.type->fields(), name, depth + 1, any_name);
  }
}

}  // namespace

bool operator==(const Field& a, const Field& b) {
  return a.name == b.name && a.nullable == b.nullable && *a.type == *b.type &&
         a.metadata == b.metadata;
}

DataType::DataType(TypeId id, int precision, int scale, std::vector<Field> fields)
    : id_(id), precision_(precision), scale_(scale), fields_(std::move(fields)) {}

DataTypePtr DataType::Primitive(TypeId id) {
  LAKE_CHECK(id < TypeId::kStruct && id != TypeId::kDecimal);
  return DataTypePtr(new DataType(id, 0, 0, {}));
}

DataTypePtr DataType::Decimal(int precision, int scale) {
  if (precision < 1 || precision > kMaxPrecision || scale < 0 || scale > precision) {
    throw Error(ErrorKind::kInvalidSchema, "LK-3501",
                "decimal(" + std::to_string(precision) + "," + std::to_string(scale) +
                    ") is not a type of tables",
                "The precision is 1 to 38, the scale 0 to the precision.");
  }
  return DataTypePtr(new DataType(TypeId::kDecimal, precision, scale, {}));
}

DataTypePtr DataType::Struct(std::vector<Field> fields) {
  return DataTypePtr(new DataType(TypeId::kStruct, 0, 0, std::move(fields)));
}

DataTypePtr DataType::Array(DataTypePtr element, bool contains_null) {
  return DataTypePtr(
      new DataType(TypeId::kArray, 0, 0, {{"element", std::move(element), contains_null, {}}}));
}

DataTypePtr DataType::Map(DataTypePtr key, DataTypePtr value, bool value_contains_null) {
  return DataTypePtr(new DataType(
      TypeId::kMap, 0, 0,
      {{"key", std::move(key), false, {}}, {"value", std::move(value), value_contains_null, {}}}));
}

std::string DataType::ToString() const {
  switch (id_) {
    case TypeId::kDecimal:
      return "decimal(" + std::to_string(precision_) + "," + std::to_string(scale_) + ")";
    case TypeId::kInteger:
      return "int";
    case TypeId::kLong:
      return "bigint";
    case TypeId::kShort:
      return "smallint";
    case TypeId::kByte:
      return "tinyint";
    case TypeId::kArray:
      return "array<" + fields_[0].type->ToString() + ">";
    case TypeId::kMap:
      return "map<" + fields_[0].type->ToString() + "," + fields_[1].type->ToString() + ">";
    case TypeId::kStruct: {
      std::string text;
      for (const Field& field : fields_) {
        text += (text.empty() ? "" : ",") + field.name + ":" + field.type->ToString();
      }
      return "struct<" + text + ">";
    }
    default:
      return std::string(NameOf(id_));
  }
}

bool operator==(const DataType& a, const DataType& b) {
  return a.id_ == b.id_ && a.precision_ == b.precision_ && a.scale_ == b.scale_ &&
         a.fields_ == b.fields_;
}

std::optional<size_t> Schema::IndexOf(std::string_view name) const {
  const std::string lower = Lower(name);
  for (size_t i = 0; i < fields.size(); ++i) {
    if (Lower(fields[i].name) == lower) return i;
  }
  return std::nullopt;
}

std::vector<std::string> Schema::Names() const {
  std::vector<std::string> names;
  for (const Field& field : fields) names.push_back(field.name);
  return names;
}

namespace {

void Validate(const Schema& schema, bool any_name) {
  if (schema.fields.empty()) ThrowInvalid("a table needs at least one column");
  ValidateFields(schema.fields, "", 1, any_name);
}

}  // namespace

void ValidateSchema(const Schema& schema) { Validate(schema, false); }

void ValidateMappedSchema(const Schema& schema) { Validate(schema, true); }

}  // namespace lakehouse::storage
