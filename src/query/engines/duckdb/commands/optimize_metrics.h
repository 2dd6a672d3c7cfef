#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "query/engines/duckdb/commands/rearrange.h"

namespace lakehouse::query::duckdb {

/// A number of files and their bytes.
struct FileTally {
  int64_t files = 0;
  int64_t bytes = 0;
};

/// Cubes and the files that an order along a curve took.
struct CurveMetrics {
  FileTally cube_files;
  FileTally other_files;
  int64_t input_cubes = 0;
  FileTally merged_files;
  int64_t output_cubes = 0;
};

/// What OPTIMIZE and REORG did; the names in answer and history are Spark's.
struct OptimizeMetrics {
  std::vector<int64_t> added_bytes;    ///< of each file
  std::vector<int64_t> removed_bytes;  ///< of each file
  int64_t partitions = 0;
  int64_t groups = 0;
  int64_t considered_files = 0;
  int64_t skipped_files = 0;
  int64_t deletion_vectors = 0;
  int64_t deleted_rows = 0;
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t columns = 0;
  int64_t columns_with_statistics = 0;
  std::optional<CurveMetrics> zorder;
  std::optional<CurveMetrics> clustering;
};

/// Counts the files of the groups anew.
void CountFiles(const storage::Snapshot& base, const std::vector<WrittenGroup>& groups,
                OptimizeMetrics& metrics);

/// operationMetrics of the commit.
std::map<std::string, int64_t> HistoryMetrics(const OptimizeMetrics& metrics);

/// One row: the table's path, and the metrics as a struct.
std::shared_ptr<arrow::RecordBatch> OptimizeAnswer(const std::string& path,
                                                   const OptimizeMetrics& metrics);

}  // namespace lakehouse::query::duckdb
