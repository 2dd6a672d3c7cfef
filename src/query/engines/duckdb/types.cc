#include "query/engines/duckdb/types.h"

#include "base/error.h"
#include "query/engines/duckdb/variant_type.h"

namespace lakehouse::query::duckdb {
namespace {

using storage::DataType;
using storage::TypeId;

dk::LogicalType NestedToDuckDb(const DataType& type) {
  const auto& fields = type.fields();
  if (type.id() == TypeId::kArray) return dk::LogicalType::LIST(ToDuckDb(*fields[0].type));
  if (type.id() == TypeId::kMap) {
    return dk::LogicalType::MAP(ToDuckDb(*fields[0].type), ToDuckDb(*fields[1].type));
  }
  dk::child_list_t<dk::LogicalType> children;
  for (const auto& field : fields) children.emplace_back(field.name, ToDuckDb(*field.type));
  return dk::LogicalType::STRUCT(std::move(children));
}

storage::DataTypePtr NestedFromDuckDb(const dk::LogicalType& type, const std::string& column) {
  if (type.id() == dk::LogicalTypeId::LIST) {
    return DataType::Array(FromDuckDb(dk::ListType::GetChildType(type), column), true);
  }
  if (type.id() == dk::LogicalTypeId::MAP) {
    return DataType::Map(FromDuckDb(dk::MapType::KeyType(type), column),
                         FromDuckDb(dk::MapType::ValueType(type), column), true);
  }
  if (type.id() == dk::LogicalTypeId::STRUCT) {
    std::vector<storage::Field> fields;
    for (const auto& child : dk::StructType::GetChildTypes(type)) {
      fields.push_back({.name = child.first, .type = FromDuckDb(child.second, column)});
    }
    return DataType::Struct(std::move(fields));
  }
  throw Error(ErrorKind::kUnsupported, "LK-4012",
              "column " + column + " has type " + type.ToString() + ", which tables do not have",
              "cast it, for example to VARCHAR or to TIMESTAMP");
}

}  // namespace

dk::LogicalType ToDuckDb(const DataType& type) {
  switch (type.id()) {
    case TypeId::kBoolean:
      return dk::LogicalType::BOOLEAN;
    case TypeId::kByte:
      return dk::LogicalType::TINYINT;
    case TypeId::kShort:
      return dk::LogicalType::SMALLINT;
    case TypeId::kInteger:
      return dk::LogicalType::INTEGER;
    case TypeId::kLong:
      return dk::LogicalType::BIGINT;
    case TypeId::kFloat:
      return dk::LogicalType::FLOAT;
    case TypeId::kDouble:
      return dk::LogicalType::DOUBLE;
    case TypeId::kDecimal:
      return dk::LogicalType::DECIMAL(static_cast<uint8_t>(type.precision()),
                                      static_cast<uint8_t>(type.scale()));
    case TypeId::kString:
      return dk::LogicalType::VARCHAR;
    case TypeId::kBinary:
      return dk::LogicalType::BLOB;
    case TypeId::kDate:
      return dk::LogicalType::DATE;
    case TypeId::kTimestamp:
      return dk::LogicalType::TIMESTAMP_TZ;
    case TypeId::kTimestampNtz:
      return dk::LogicalType::TIMESTAMP;
    case TypeId::kVoid:
      return dk::LogicalType::INTEGER;  // the engine's own type for a column of nulls
    case TypeId::kVariant:
      return VariantType();
    default:
      return NestedToDuckDb(type);
  }
}

storage::DataTypePtr FromDuckDb(const dk::LogicalType& type, const std::string& column) {
  using dk::LogicalTypeId;
  if (IsVariant(type)) return DataType::Primitive(TypeId::kVariant);
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
      return DataType::Primitive(TypeId::kBoolean);
    case LogicalTypeId::TINYINT:
      return DataType::Primitive(TypeId::kByte);
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::SMALLINT:
      return DataType::Primitive(TypeId::kShort);
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::INTEGER:
      return DataType::Primitive(TypeId::kInteger);
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::BIGINT:
      return DataType::Primitive(TypeId::kLong);
    case LogicalTypeId::UBIGINT:
      return DataType::Decimal(20, 0);
    case LogicalTypeId::HUGEINT:
      return DataType::Decimal(38, 0);
    case LogicalTypeId::FLOAT:
      return DataType::Primitive(TypeId::kFloat);
    case LogicalTypeId::DOUBLE:
      return DataType::Primitive(TypeId::kDouble);
    case LogicalTypeId::DECIMAL:
      return DataType::Decimal(dk::DecimalType::GetWidth(type), dk::DecimalType::GetScale(type));
    case LogicalTypeId::ENUM:
    case LogicalTypeId::SQLNULL:
    case LogicalTypeId::UUID:
    case LogicalTypeId::VARCHAR:
      return DataType::Primitive(TypeId::kString);
    case LogicalTypeId::BLOB:
      return DataType::Primitive(TypeId::kBinary);
    case LogicalTypeId::DATE:
      return DataType::Primitive(TypeId::kDate);
    case LogicalTypeId::VARIANT:
      return DataType::Primitive(TypeId::kVariant);
    case LogicalTypeId::TIMESTAMP_TZ:
      return DataType::Primitive(TypeId::kTimestamp);
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_SEC:
      return DataType::Primitive(TypeId::kTimestampNtz);
    default:
      return NestedFromDuckDb(type, column);
  }
}

dk::Value ToDuckDb(const storage::Value& value, const DataType& type) {
  auto target = ToDuckDb(type);
  if (value.is_null()) return dk::Value(target);
  switch (type.id()) {
    case TypeId::kBoolean:
      return dk::Value::BOOLEAN(std::get<bool>(value.data));
    case TypeId::kFloat:
      return dk::Value::FLOAT(static_cast<float>(std::get<double>(value.data)));
    case TypeId::kDouble:
      return dk::Value::DOUBLE(std::get<double>(value.data));
    case TypeId::kString:
      return dk::Value(std::get<std::string>(value.data));
    case TypeId::kBinary:
      return dk::Value::BLOB_RAW(std::get<std::string>(value.data));
    case TypeId::kDate:
      return dk::Value::DATE(dk::date_t(static_cast<int32_t>(std::get<int64_t>(value.data))));
    case TypeId::kTimestamp:
      return dk::Value::TIMESTAMPTZ(dk::timestamp_tz_t(std::get<int64_t>(value.data)));
    case TypeId::kTimestampNtz:
      return dk::Value::TIMESTAMP(dk::timestamp_t(std::get<int64_t>(value.data)));
    case TypeId::kDecimal: {
      auto unscaled = std::get<storage::Int128>(value.data);
      if (type.precision() <= 18) {
        return dk::Value::DECIMAL(static_cast<int64_t>(unscaled),
                                  static_cast<uint8_t>(type.precision()),
                                  static_cast<uint8_t>(type.scale()));
      }
      dk::hugeint_t wide(static_cast<int64_t>(unscaled >> 64), static_cast<uint64_t>(unscaled));
      return dk::Value::DECIMAL(wide, static_cast<uint8_t>(type.precision()),
                                static_cast<uint8_t>(type.scale()));
    }
    default:
      return dk::Value::BIGINT(std::get<int64_t>(value.data)).DefaultCastAs(target);
  }
}

}  // namespace lakehouse::query::duckdb
