#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::storage {

enum class TypeId {
  kBoolean,
  kByte,
  kShort,
  kInteger,
  kLong,
  kFloat,
  kDouble,
  kDecimal,
  kString,
  kBinary,
  kDate,
  kTimestamp,     ///< microseconds, UTC
  kTimestampNtz,  ///< microseconds without zone
  kVoid,
  kVariant,
  kStruct,
  kArray,
  kMap,
};

class DataType;
using DataTypePtr = std::shared_ptr<const DataType>;

/// A named, typed place in a struct. Metadata values are JSON texts ("1", "\"id\"", "{...}").
struct Field {
  std::string name;
  DataTypePtr type;
  bool nullable = true;
  std::map<std::string, std::string> metadata;

  friend bool operator==(const Field& a, const Field& b);
};

/// An immutable type of the table formats. Make one with the functions below.
class DataType {
 public:
  TypeId id() const { return id_; }
  bool is_nested() const { return id_ >= TypeId::kStruct; }
  int precision() const { return precision_; }  ///< of a decimal, 1 to 38
  int scale() const { return scale_; }
  /// Struct: its fields. Array: one field "element". Map: "key" and "value".
  const std::vector<Field>& fields() const { return fields_; }
  /// Spark's spelling: "decimal(10,2)", "struct<a:int,b:array<string>>".
  std::string ToString() const;

  static DataTypePtr Primitive(TypeId id);
  /// InvalidSchema LK-3501 unless 1 <= precision <= 38 and 0 <= scale <= precision.
  static DataTypePtr Decimal(int precision, int scale);
  static DataTypePtr Struct(std::vector<Field> fields);
  static DataTypePtr Array(DataTypePtr element, bool contains_null);
  static DataTypePtr Map(DataTypePtr key, DataTypePtr value, bool value_contains_null);

  friend bool operator==(const DataType& a, const DataType& b);

 private:
  DataType(TypeId id, int precision, int scale, std::vector<Field> fields);
  TypeId id_;
  int precision_ = 0;
  int scale_ = 0;
  std::vector<Field> fields_;
};

/// The columns of a table, in order. Names are unique without regard to case.
struct Schema {
  std::vector<Field> fields;

  /// Position of a top-level column, by name without regard to case.
  std::optional<size_t> IndexOf(std::string_view name) const;
  std::vector<std::string> Names() const;
  friend bool operator==(const Schema&, const Schema&) = default;
};

/// Throws InvalidSchema LK-3502 for: no columns, duplicate names (any level), empty names, names
/// with characters that Parquet or Delta forbid without column mapping (" ,;{}()\n\t="), depth
/// above 100.
void ValidateSchema(const Schema& schema);

}  // namespace lakehouse::storage
