#pragma once

#include <arrow/type_fwd.h>

#include <map>

#include "storage/snapshot.h"

namespace lakehouse::storage::parquet {

/// Collects FileStats of a file from the batches that are written to it. Leaves of structs count,
/// arrays and maps have none, binary and boolean only null counts. A float column that has a NaN
/// gets no bounds.
class StatsCollector {
 public:
  /// Statistics for the first `max_columns` leaf columns.
  explicit StatsCollector(int max_columns) : max_columns_(max_columns) {}

  void Add(const arrow::RecordBatch& batch);
  FileStats Take();

 private:
  struct Leaf {
    LeafStats stats;
    bool unbounded = false;  ///< a value was seen that has no order or is too long
  };
  void AddArray(const arrow::Array& array, ColumnPath& path, int& budget);
  void AddLeaf(const arrow::Array& array, Leaf& leaf);

  const int max_columns_;
  int64_t rows_ = 0;
  std::map<ColumnPath, Leaf> leaves_;
};

}  // namespace lakehouse::storage::parquet
