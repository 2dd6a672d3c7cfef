#pragma once

#include <arrow/api.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/delta/checkpoint/stats_columns.h"
#include "storage/delta/log/actions.h"

namespace lakehouse::storage::delta {

/// Internal LK-0001 unless Arrow made what it was told to make.
template <typename T>
T Built(arrow::Result<T> result) {
  CheckBuilt(result.status());
  return std::move(result).ValueUnsafe();
}

/// The type of a deletion vector's descriptor.
std::shared_ptr<arrow::DataType> DeletionVectorType();

/// Append one value to the builder of its type. Unsupported LK-3020 for a vector that has no place
/// in a checkpoint, which has 32 bits for where it is and how long.
void AppendTo(arrow::ArrayBuilder& builder, const std::string& text);
void AppendTo(arrow::ArrayBuilder& builder, int64_t number);
void AppendTo(arrow::ArrayBuilder& builder, bool flag);
void AppendTo(arrow::ArrayBuilder& builder, const std::vector<std::string>& texts);
void AppendTo(arrow::ArrayBuilder& builder, const std::map<std::string, std::string>& entries);
void AppendTo(arrow::ArrayBuilder& builder, const PartitionValues& values);
void AppendTo(arrow::ArrayBuilder& builder, const DeletionVectorDescriptor& vector);

/// Appends values to the fields of a struct, one after the other.
class RowWriter {
 public:
  explicit RowWriter(arrow::StructBuilder& row) : row_(row) { CheckBuilt(row.Append()); }

  arrow::ArrayBuilder& Next() { return *row_.field_builder(position_++); }

  template <typename Value>
  RowWriter& Put(const Value& value) {
    AppendTo(Next(), value);
    return *this;
  }
  RowWriter& PutOrNull(const std::string& text) { return text.empty() ? Null() : Put(text); }
  RowWriter& PutShort(int64_t number);
  RowWriter& Null();

 private:
  arrow::StructBuilder& row_;
  int position_ = 0;
};

}  // namespace lakehouse::storage::delta
