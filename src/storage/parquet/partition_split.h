#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <vector>

#include "storage/snapshot.h"

namespace lakehouse::storage::parquet {

/// The rows of one partition, without the partition columns.
struct PartitionRows {
  std::vector<Value> values;  ///< in the order of the partition columns
  std::shared_ptr<arrow::RecordBatch> rows;
};

/// Splits a batch by its partition columns; the order of rows within a partition stays.
std::vector<PartitionRows> SplitByPartition(const arrow::RecordBatch& batch,
                                            const TableMetadata& metadata);

/// "country=DE/day=2024-01-01": Hive's folders, escaped as Hive does; null is
/// __HIVE_DEFAULT_PARTITION__. Empty without partition columns.
std::string PartitionFolder(const std::vector<Value>& values, const TableMetadata& metadata);

/// Whether rows with these values go into one folder; NaN is one value.
bool SamePartition(const std::vector<Value>& a, const std::vector<Value>& b);

}  // namespace lakehouse::storage::parquet
