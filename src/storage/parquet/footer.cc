#include "storage/parquet/footer.h"

#include <arrow/api.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/statistics.h>

#include <optional>
#include <utility>

#include "base/error.h"
#include "storage/arrow_schema.h"
#include "storage/parquet/arrow_io.h"
#include "storage/parquet/parquet_file.h"

namespace lakehouse::storage::parquet {
namespace {

DataTypePtr Nullable(const DataTypePtr& type);

std::vector<Field> Nullable(std::vector<Field> fields) {
  for (Field& field : fields) {
    field.type = Nullable(field.type);
    field.nullable = true;
  }
  return fields;
}

DataTypePtr Nullable(const DataTypePtr& type) {
  if (type->id() == TypeId::kStruct) return DataType::Struct(Nullable(type->fields()));
  if (type->id() == TypeId::kArray) {
    return DataType::Array(Nullable(type->fields()[0].type), true);
  }
  if (type->id() == TypeId::kMap) {
    return DataType::Map(Nullable(type->fields()[0].type), Nullable(type->fields()[1].type), true);
  }
  return type;
}

const DataType* TypeAt(const Schema& schema, const ColumnPath& path) {
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

int64_t FloorDiv(int64_t number, int64_t divisor) {
  return number / divisor - (number % divisor < 0 ? 1 : 0);
}

/// Microseconds of a time in the column's unit, rounded away from the values between.
int64_t ToMicros(int64_t time, const ::parquet::ColumnDescriptor& column, bool upper) {
  const auto& logical = column.logical_type();
  if (!logical || !logical->is_timestamp()) return time;
  switch (static_cast<const ::parquet::TimestampLogicalType&>(*logical).time_unit()) {
    case ::parquet::LogicalType::TimeUnit::MILLIS:
      return time * 1000;
    case ::parquet::LogicalType::TimeUnit::NANOS:
      return upper ? -FloorDiv(-time, 1000) : FloorDiv(time, 1000);
    default:
      return time;
  }
}

Value IntegerValue(int64_t number, const DataType& type, const ::parquet::ColumnDescriptor& column,
                   bool upper) {
  if (type.id() == TypeId::kDecimal) return Value{Int128{number}};
  if (type.id() == TypeId::kTimestamp || type.id() == TypeId::kTimestampNtz) {
    return Value{ToMicros(number, column, upper)};
  }
  return Value{number};
}

/// Big-endian, two's complement.
std::optional<Int128> DecimalOf(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > sizeof(Int128)) return std::nullopt;
  auto number = static_cast<unsigned __int128>(static_cast<signed char>(bytes[0]) < 0 ? -1 : 0);
  for (const char c : bytes) number = (number << 8) | static_cast<unsigned char>(c);
  return static_cast<Int128>(number);
}

Value BytesValue(std::string_view bytes, const DataType& type) {
  if (type.id() == TypeId::kString) return Value{std::string(bytes)};
  if (type.id() != TypeId::kDecimal) return {};
  const auto number = DecimalOf(bytes);
  return number ? Value{*number} : Value{};
}

/// Bounds of one column in one row group; nulls where there are none that hold.
std::pair<Value, Value> BoundsOf(const ::parquet::Statistics& stats, const DataType& type) {
  const ::parquet::ColumnDescriptor& column = *stats.descr();
  // Unsigned numbers are ordered in another way than the signed type that they get.
  const auto& logical = column.logical_type();
  const bool is_signed = !logical || !logical->is_int() ||
                         static_cast<const ::parquet::IntLogicalType&>(*logical).is_signed();
  if (!stats.HasMinMax() || !is_signed) return {};
  switch (stats.physical_type()) {
    case ::parquet::Type::INT32: {
      const auto& typed = static_cast<const ::parquet::Int32Statistics&>(stats);
      return {IntegerValue(typed.min(), type, column, false),
              IntegerValue(typed.max(), type, column, true)};
    }
    case ::parquet::Type::INT64: {
      const auto& typed = static_cast<const ::parquet::Int64Statistics&>(stats);
      return {IntegerValue(typed.min(), type, column, false),
              IntegerValue(typed.max(), type, column, true)};
    }
    case ::parquet::Type::BYTE_ARRAY:
    case ::parquet::Type::FIXED_LEN_BYTE_ARRAY:
      return {BytesValue(stats.EncodeMin(), type), BytesValue(stats.EncodeMax(), type)};
    default:
      return {};
  }
}

/// Has the type an order in which a footer's bounds hold?
bool IsBounded(const DataType& type) {
  switch (type.id()) {
    case TypeId::kByte:
    case TypeId::kShort:
    case TypeId::kInteger:
    case TypeId::kLong:
    case TypeId::kDecimal:
    case TypeId::kString:
    case TypeId::kDate:
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      return true;
    default:
      return false;
  }
}

/// What all row groups together say of one column.
LeafStats LeafOf(const ::parquet::FileMetaData& metadata, int column, const DataType& type) {
  LeafStats leaf;
  bool counted = true, bounded = IsBounded(type);
  int64_t nulls = 0;
  for (int group = 0; group < metadata.num_row_groups(); ++group) {
    const auto row_group = metadata.RowGroup(group);
    const auto stats = row_group->ColumnChunk(column)->statistics();
    if (!stats) return {};
    counted = counted && stats->HasNullCount();
    if (stats->HasNullCount()) nulls += stats->null_count();
    if (stats->HasNullCount() && stats->null_count() == row_group->num_rows()) continue;
    auto [low, high] = bounded ? BoundsOf(*stats, type) : std::pair<Value, Value>();
    bounded = bounded && !low.is_null() && !high.is_null();
    if (!bounded) continue;
    if (leaf.min.is_null() || Compare(low, leaf.min) < 0) leaf.min = std::move(low);
    if (leaf.max.is_null() || Compare(high, leaf.max) > 0) leaf.max = std::move(high);
  }
  if (!bounded) leaf.min = leaf.max = Value{};
  if (counted) leaf.null_count = nulls;
  return leaf;
}

}  // namespace

Footer ReadFooter(std::shared_ptr<io::ObjectReader> file) {
  const std::string doing = "reading the footer of " + file->info().path;
  Footer footer;
  footer.schema = FromArrow(*ReadParquetSchema(file));
  footer.schema.fields = Nullable(std::move(footer.schema.fields));
  try {
    const auto reader = ::parquet::ParquetFileReader::Open(std::make_shared<ArrowInput>(file));
    const ::parquet::FileMetaData& metadata = *reader->metadata();
    footer.stats.num_records = metadata.num_rows();
    for (int i = 0; i < metadata.num_columns(); ++i) {
      const ::parquet::ColumnDescriptor& column = *metadata.schema()->Column(i);
      if (column.max_repetition_level() > 0) continue;
      const ColumnPath path = column.path()->ToDotVector();
      if (const DataType* type = TypeAt(footer.schema, path)) {
        footer.stats.leaves[path] = LeafOf(metadata, i, *type);
      }
    }
  } catch (const ::parquet::ParquetException& error) {
    throw Error(ErrorKind::kCorruption, "LK-3510", doing + ": " + error.what(),
                "The file is cut, damaged, or no Parquet file.");
  }
  return footer;
}

}  // namespace lakehouse::storage::parquet
