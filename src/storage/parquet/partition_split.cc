#include "storage/parquet/partition_split.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "storage/parquet/arrow_io.h"

namespace lakehouse::storage::parquet {
namespace {

template <typename ArrayType>
Value IntegerAt(const arrow::Array& array, int64_t row) {
  return Value{static_cast<int64_t>(static_cast<const ArrayType&>(array).Value(row))};
}

Value ValueAt(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) return {};
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      return Value{static_cast<const arrow::BooleanArray&>(array).Value(row)};
    case arrow::Type::INT8:
      return IntegerAt<arrow::Int8Array>(array, row);
    case arrow::Type::INT16:
      return IntegerAt<arrow::Int16Array>(array, row);
    case arrow::Type::INT32:
      return IntegerAt<arrow::Int32Array>(array, row);
    case arrow::Type::INT64:
      return IntegerAt<arrow::Int64Array>(array, row);
    case arrow::Type::DATE32:
      return IntegerAt<arrow::Date32Array>(array, row);
    case arrow::Type::TIMESTAMP:
      return IntegerAt<arrow::TimestampArray>(array, row);
    case arrow::Type::FLOAT:
      return Value{static_cast<double>(static_cast<const arrow::FloatArray&>(array).Value(row))};
    case arrow::Type::DOUBLE:
      return Value{static_cast<const arrow::DoubleArray&>(array).Value(row)};
    case arrow::Type::DECIMAL128: {
      Int128 value = 0;
      std::memcpy(&value, static_cast<const arrow::Decimal128Array&>(array).GetValue(row),
                  sizeof(value));
      return Value{value};
    }
    default:
      return Value{std::string(static_cast<const arrow::BinaryArray&>(array).GetView(row))};
  }
}

struct KeyLess {
  bool operator()(const std::vector<Value>& a, const std::vector<Value>& b) const {
    for (size_t i = 0; i < a.size(); ++i) {
      const auto order = Compare(a[i], b[i]);
      if (order != 0) return order < 0;
    }
    return false;
  }
};

bool MustEscape(unsigned char c) {
  return c < 0x20 || c == 0x7F || std::strchr("\"#%'*/:=?\\{}[]^ ", c) != nullptr;
}

std::string Escape(const std::string& text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (MustEscape(byte)) {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::vector<PartitionRows> SplitByPartition(const arrow::RecordBatch& batch,
                                            const TableMetadata& metadata) {
  std::vector<const arrow::Array*> keys;
  std::vector<int> kept;
  for (const std::string& name : metadata.partition_columns) {
    keys.push_back(batch.column(static_cast<int>(*metadata.schema.IndexOf(name))).get());
  }
  for (int c = 0; c < batch.num_columns(); ++c) {
    if (std::find(keys.begin(), keys.end(), batch.column(c).get()) == keys.end()) kept.push_back(c);
  }
  const auto rest = Check(batch.SelectColumns(kept), "splitting by partition");
  std::map<std::vector<Value>, arrow::Int64Builder, KeyLess> groups;
  std::vector<Value> key(keys.size());
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    for (size_t k = 0; k < keys.size(); ++k) key[k] = ValueAt(*keys[k], row);
    Check(groups[key].Append(row), "splitting by partition");
  }
  std::vector<PartitionRows> parts;
  for (auto& [values, builder] : groups) {
    if (groups.size() == 1) {
      parts.push_back({values, rest});
      break;
    }
    const auto rows = Check(builder.Finish(), "splitting by partition");
    const arrow::Datum taken = Check(arrow::compute::Take(rest, rows), "splitting by partition");
    parts.push_back({values, taken.record_batch()});
  }
  return parts;
}

std::string PartitionFolder(const std::vector<Value>& values, const TableMetadata& metadata) {
  std::string folder;
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string& column = metadata.partition_columns[i];
    const DataType& type = *metadata.schema.fields[*metadata.schema.IndexOf(column)].type;
    const std::string text = ToPartitionText(values[i], type);
    const std::string shown = text.empty() ? "__HIVE_DEFAULT_PARTITION__" : Escape(text);
    folder += (i ? "/" : "") + Escape(column) + "=" + shown;
  }
  return folder;
}

}  // namespace lakehouse::storage::parquet
