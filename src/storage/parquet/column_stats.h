#pragma once

#include <arrow/type_fwd.h>

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "storage/snapshot.h"

namespace lakehouse::storage::parquet {

/// Which leaf columns have statistics: the first `first` ones in the order of the schema, or those
/// at or under `named` when it is set; and in any case those at or under `always`. Partition
/// columns are not among the columns of a file.
struct StatsColumns {
  int first = 32;
  std::optional<std::vector<ColumnPath>> named;
  std::vector<ColumnPath> always;
  std::vector<ColumnPath> variants = {};  ///< structs that are one leaf, without bounds
};

/// Collects FileStats of a file from the batches that are written to it. Leaves of structs count,
/// arrays and maps have none, binary and boolean only null counts. A float column that has a NaN
/// gets no bounds, nor does a string column whose bound is no UTF-8. Strings above 1 KiB: a cut
/// min, no max.
class StatsCollector {
 public:
  explicit StatsCollector(StatsColumns columns) : columns_(std::move(columns)) {}

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

  bool IsWanted(const ColumnPath& path, int& budget) const;

  const StatsColumns columns_;
  int64_t rows_ = 0;
  std::map<ColumnPath, Leaf> leaves_;
};

}  // namespace lakehouse::storage::parquet
