#pragma once

#include <arrow/type_fwd.h>

#include <map>

#include "storage/snapshot.h"

namespace lakehouse::storage::parquet {

/// Collects FileStats of a file from the batches that are written to it. Leaves of structs count,
/// arrays and maps have none, binary and boolean only null counts. A float column that has a NaN
/// gets no bounds, nor does a string column whose bound is no UTF-8. Strings above 1 KiB: a cut
/// min, no max.
class StatsCollector {
 public:
  /// Statistics for the first `max_columns` leaf columns.
  explicit StatsCollector(int max_columns) : max_columns_(max_columns) {}

  void Add(const arrow::RecordBatch& batch);
  FileStats Take();

 private:
  struct Leaf {
    LeafStats stats;
    bool unbounded = false;  ///< a value was seen that has no place in the order (NaN, no UTF-8)
    bool no_max = false;     ///< a greatest value was seen that is too long to keep
  };
  void AddArray(const arrow::Array& array, ColumnPath& path, int& budget);
  static void AddLeaf(const arrow::Array& array, Leaf& leaf);
  static void AddStrings(const arrow::Array& array, Leaf& leaf);

  const int max_columns_;
  int64_t rows_ = 0;
  std::map<ColumnPath, Leaf> leaves_;
};

}  // namespace lakehouse::storage::parquet
