#include "storage/arrow_schema.h"

#include <arrow/api.h>

#include <utility>

#include "base/error.h"
#include "storage/field_keys.h"
#include "storage/variant.h"
#include "storage/variant_columns.h"

namespace lakehouse::storage {
namespace {

std::shared_ptr<arrow::Field> ToArrowField(const Field& field) {
  auto out = arrow::field(field.name, ToArrow(*field.type), field.nullable);
  const auto id = field.metadata.find(kFieldIdKey);
  if (id == field.metadata.end()) return out;
  return out->WithMetadata(arrow::key_value_metadata({{"PARQUET:field_id", id->second}}));
}

DataTypePtr FromArrowType(const arrow::DataType& type, const std::string& column);

/// Marked as variants, as an extension that Arrow knows or in the field's metadata.
bool IsMarkedVariant(const arrow::Field& field) {
  constexpr char kVariantExtension[] = "arrow.parquet.variant";
  if (!HasVariantForm(*field.type())) return false;
  if (field.type()->id() == arrow::Type::EXTENSION) {
    const auto& type = static_cast<const arrow::ExtensionType&>(*field.type());
    return type.extension_name() == kVariantExtension;
  }
  if (!field.HasMetadata()) return false;
  const auto marked = field.metadata()->Get("ARROW:extension:name");
  return marked.ok() && *marked == kVariantExtension;
}

Field FromArrowField(const arrow::Field& field, const std::string& column) {
  if (IsMarkedVariant(field)) {
    return {field.name(), DataType::Primitive(TypeId::kVariant), field.nullable(), {}};
  }
  return {field.name(), FromArrowType(*field.type(), column), field.nullable(), {}};
}

DataTypePtr ListOf(const arrow::DataType& type, const std::string& column) {
  const arrow::Field& element = *type.field(0);
  return DataType::Array(FromArrowType(*element.type(), column + ".element"), element.nullable());
}

DataTypePtr NestedFromArrow(const arrow::DataType& type, const std::string& column) {
  if (type.id() == arrow::Type::STRUCT) {
    std::vector<Field> fields;
    for (const auto& child : type.fields()) {
      fields.push_back(FromArrowField(*child, column + "." + child->name()));
    }
    return DataType::Struct(std::move(fields));
  }
  if (type.id() == arrow::Type::MAP) {
    const auto& map = static_cast<const arrow::MapType&>(type);
    return DataType::Map(FromArrowType(*map.key_type(), column + ".key"),
                         FromArrowType(*map.item_type(), column + ".value"),
                         map.item_field()->nullable());
  }
  return ListOf(type, column);
}

DataTypePtr FromArrowType(const arrow::DataType& type, const std::string& column) {
  using arrow::Type;
  const auto primitive = [](TypeId id) { return DataType::Primitive(id); };
  switch (type.id()) {
    case Type::BOOL:
      return primitive(TypeId::kBoolean);
    case Type::INT8:
      return primitive(TypeId::kByte);
    case Type::UINT8:
    case Type::INT16:
      return primitive(TypeId::kShort);
    case Type::UINT16:
    case Type::INT32:
      return primitive(TypeId::kInteger);
    case Type::UINT32:
    case Type::INT64:
      return primitive(TypeId::kLong);
    case Type::UINT64:
      return DataType::Decimal(20, 0);
    case Type::HALF_FLOAT:
    case Type::FLOAT:
      return primitive(TypeId::kFloat);
    case Type::DOUBLE:
      return primitive(TypeId::kDouble);
    case Type::STRING:
    case Type::LARGE_STRING:
    case Type::STRING_VIEW:
      return primitive(TypeId::kString);
    case Type::BINARY:
    case Type::LARGE_BINARY:
    case Type::BINARY_VIEW:
    case Type::FIXED_SIZE_BINARY:
      return primitive(TypeId::kBinary);
    case Type::DATE32:
    case Type::DATE64:
      return primitive(TypeId::kDate);
    case Type::NA:
      return primitive(TypeId::kVoid);
    case Type::TIMESTAMP: {
      const auto& timestamp = static_cast<const arrow::TimestampType&>(type);
      return primitive(timestamp.timezone().empty() ? TypeId::kTimestampNtz : TypeId::kTimestamp);
    }
    case Type::DECIMAL32:
    case Type::DECIMAL64:
    case Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::DecimalType&>(type);
      if (decimal.scale() < 0 || decimal.scale() > decimal.precision()) break;
      return DataType::Decimal(decimal.precision(), decimal.scale());
    }
    case Type::DICTIONARY:
      return FromArrowType(*static_cast<const arrow::DictionaryType&>(type).value_type(), column);
    case Type::STRUCT:
    case Type::MAP:
    case Type::LIST:
    case Type::LARGE_LIST:
    case Type::FIXED_SIZE_LIST:
      return NestedFromArrow(type, column);
    default:
      break;
  }
  throw Error(
      ErrorKind::kUnsupported, "LK-3504",
      "column " + column + " has the type " + type.ToString() + ", which tables do not have",
      "Cast it, for example to text.");
}

}  // namespace

std::shared_ptr<arrow::DataType> ToArrow(const DataType& type) {
  switch (type.id()) {
    case TypeId::kBoolean:
      return arrow::boolean();
    case TypeId::kByte:
      return arrow::int8();
    case TypeId::kShort:
      return arrow::int16();
    case TypeId::kInteger:
      return arrow::int32();
    case TypeId::kLong:
      return arrow::int64();
    case TypeId::kFloat:
      return arrow::float32();
    case TypeId::kDouble:
      return arrow::float64();
    case TypeId::kDecimal:
      return arrow::decimal128(type.precision(), type.scale());
    case TypeId::kString:
      return arrow::utf8();
    case TypeId::kBinary:
      return arrow::binary();
    case TypeId::kDate:
      return arrow::date32();
    case TypeId::kTimestamp:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case TypeId::kTimestampNtz:
      return arrow::timestamp(arrow::TimeUnit::MICRO);
    case TypeId::kVoid:
      return arrow::null();
    case TypeId::kStruct: {
      std::vector<std::shared_ptr<arrow::Field>> fields;
      for (const Field& field : type.fields()) fields.push_back(ToArrowField(field));
      return arrow::struct_(std::move(fields));
    }
    case TypeId::kArray: {
      const Field& element = type.fields()[0];
      return arrow::list(arrow::field("element", ToArrow(*element.type), element.nullable));
    }
    case TypeId::kMap: {
      const Field& value = type.fields()[1];
      return arrow::map(ToArrow(*type.fields()[0].type),
                        arrow::field("value", ToArrow(*value.type), value.nullable));
    }
    case TypeId::kVariant:
      return ToArrow(*DataType::Struct(VariantParts()));
  }
  throw Error(ErrorKind::kUnsupported, "LK-3504",
              "the type " + type.ToString() + " has no Arrow form here");
}

std::shared_ptr<arrow::Schema> ToArrow(const Schema& schema) {
  std::vector<std::shared_ptr<arrow::Field>> fields;
  for (const Field& field : schema.fields) fields.push_back(ToArrowField(field));
  return arrow::schema(std::move(fields));
}

Schema FromArrow(const arrow::Schema& schema) {
  Schema out;
  for (const auto& field : schema.fields()) {
    out.fields.push_back(FromArrowField(*field, field->name()));
  }
  return out;
}

}  // namespace lakehouse::storage
