#include "storage/parquet/partition_split.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/util/utf8.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "storage/parquet/arrow_io.h"
#include "storage/parquet/physical_columns.h"

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

struct ValueLess {
  bool operator()(const Value& a, const Value& b) const { return Compare(a, b) < 0; }
};

/// The value of a partition: the log has text for it, where empty means null and zero has no sign.
Value PartitionValueAt(const arrow::Array& array, int64_t row, const std::string& column) {
  Value value = ValueAt(array, row);
  if (auto* text = std::get_if<std::string>(&value.data)) {
    if (text->empty()) return {};
    if (!arrow::util::ValidateUTF8(*text)) {
      throw Error(ErrorKind::kInvalidSchema, "LK-3521",
                  "a value of the partition column " + column + " is not UTF-8",
                  "Partition values are kept as text; clean the value, or do not partition by it.");
    }
  }
  if (auto* number = std::get_if<double>(&value.data); number && *number == 0) *number = 0.0;
  return value;
}

/// One column of partition values as small numbers: row -> index into `values`.
struct Codes {
  std::vector<Value> values;
  std::vector<int64_t> of_row;
};

Codes Encode(const arrow::Array& array, const std::string& column) {
  const auto encoded = Check(
      arrow::compute::DictionaryEncode(
          array.Slice(0), arrow::compute::DictionaryEncodeOptions(
                              arrow::compute::DictionaryEncodeOptions::NullEncodingBehavior::MASK)),
      "splitting by partition");
  const auto dictionary_array =
      std::static_pointer_cast<arrow::DictionaryArray>(encoded.make_array());
  const arrow::Array& dictionary = *dictionary_array->dictionary();
  std::map<Value, int64_t, ValueLess> code_of;
  std::vector<int64_t> of_entry;
  for (int64_t i = 0; i < dictionary.length(); ++i) {
    const Value value = PartitionValueAt(dictionary, i, column);
    of_entry.push_back(code_of.emplace(value, static_cast<int64_t>(code_of.size())).first->second);
  }
  const bool nulls = dictionary_array->null_count() > 0;
  const int64_t null_code =
      nulls ? code_of.emplace(Value{}, static_cast<int64_t>(code_of.size())).first->second : -1;
  Codes codes;
  codes.values.resize(code_of.size());
  for (const auto& [value, code] : code_of) codes.values[static_cast<size_t>(code)] = value;
  codes.of_row.reserve(static_cast<size_t>(array.length()));
  for (int64_t row = 0; row < array.length(); ++row) {
    codes.of_row.push_back(
        nulls && dictionary_array->IsNull(row)
            ? null_code
            : of_entry[static_cast<size_t>(dictionary_array->GetValueIndex(row))]);
  }
  return codes;
}

/// Partitions of a batch: row -> partition, and the values of each.
struct Grouping {
  std::vector<std::vector<Value>> values;
  std::vector<int64_t> of_row;
};

Grouping Group(const arrow::RecordBatch& batch, const TableMetadata& metadata,
               const std::vector<int>& keys) {
  Grouping groups{{{}}, std::vector<int64_t>(static_cast<size_t>(batch.num_rows()), 0)};
  for (size_t k = 0; k < keys.size(); ++k) {
    const Codes codes = Encode(*batch.column(keys[k]), metadata.partition_columns[k]);
    std::unordered_map<int64_t, int64_t> numbers;
    std::vector<std::vector<Value>> values;
    for (size_t row = 0; row < groups.of_row.size(); ++row) {
      const int64_t pair =
          groups.of_row[row] * static_cast<int64_t>(codes.values.size()) + codes.of_row[row];
      const auto [found, fresh] = numbers.emplace(pair, static_cast<int64_t>(values.size()));
      if (fresh) {
        values.push_back(groups.values[static_cast<size_t>(groups.of_row[row])]);
        values.back().push_back(codes.values[static_cast<size_t>(codes.of_row[row])]);
      }
      groups.of_row[row] = found->second;
    }
    groups.values = std::move(values);
  }
  return groups;
}

}  // namespace

bool SamePartition(const std::vector<Value>& a, const std::vector<Value>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Value& x, const Value& y) { return Compare(x, y) == 0; });
}

// Rows are ordered by partition with one counting sort and one Take; the parts are slices of that.
std::vector<PartitionRows> SplitByPartition(const arrow::RecordBatch& batch,
                                            const TableMetadata& metadata) {
  const std::string doing = "splitting by partition";
  std::vector<int> keys, kept;
  for (const std::string& name : metadata.partition_columns) {
    keys.push_back(static_cast<int>(*metadata.schema.IndexOf(name)));
  }
  for (int c = 0; c < batch.num_columns(); ++c) {
    if (std::find(keys.begin(), keys.end(), c) == keys.end()) kept.push_back(c);
  }
  const auto rest = Check(batch.SelectColumns(kept), doing);
  Grouping groups = Group(batch, metadata, keys);
  if (groups.values.size() == 1) return {{std::move(groups.values[0]), rest}};
  std::vector<int64_t> starts(groups.values.size() + 1, 0);
  for (const int64_t group : groups.of_row) ++starts[static_cast<size_t>(group) + 1];
  for (size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
  std::vector<int64_t> order(groups.of_row.size()), next(starts);
  for (size_t row = 0; row < order.size(); ++row) {
    order[static_cast<size_t>(next[static_cast<size_t>(groups.of_row[row])]++)] =
        static_cast<int64_t>(row);
  }
  arrow::Int64Builder builder;
  Check(builder.AppendValues(order), doing);
  const auto positions = Check(builder.Finish(), doing);
  const auto sorted = Check(arrow::compute::Take(rest, positions), doing).record_batch();
  std::vector<PartitionRows> parts;
  for (size_t i = 0; i < groups.values.size(); ++i) {
    parts.push_back(
        {std::move(groups.values[i]), sorted->Slice(starts[i], starts[i + 1] - starts[i])});
  }
  return parts;
}

namespace {

/// The table's own spelling of the column, or the name that files have for it.
std::string NameOf(const Field& field, const TableMetadata& metadata) {
  return NameInFiles(field, MappingOf(metadata));
}

}  // namespace

std::string PartitionFolder(const std::vector<Value>& values, const TableMetadata& metadata) {
  std::string folder;
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string& column = metadata.partition_columns[i];
    const Field& field = metadata.schema.fields[*metadata.schema.IndexOf(column)];
    const std::string text = ToPartitionText(values[i], *field.type);
    const std::string shown = text.empty() ? "__HIVE_DEFAULT_PARTITION__" : Escape(text);
    folder += (i ? "/" : "") + Escape(NameOf(field, metadata)) + "=" + shown;
  }
  return folder;
}

}  // namespace lakehouse::storage::parquet
