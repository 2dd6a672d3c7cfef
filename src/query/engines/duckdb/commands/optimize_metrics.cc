#include "query/engines/duckdb/commands/optimize_metrics.h"

#include <arrow/api.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace lakehouse::query::duckdb {
namespace {

template <typename Result>
auto Check(Result result) {
  if (!result.ok()) throw Error(ErrorKind::kInternal, "LK-0001", result.status().ToString());
  return *std::move(result);
}

/// A struct with one row.
class StructRow {
 public:
  StructRow& Add(const std::string& name, const std::shared_ptr<arrow::Scalar>& value) {
    return AddArray(name, Check(arrow::MakeArrayFromScalar(*value, 1)));
  }
  StructRow& Add(const std::string& name, int64_t value) {
    return Add(name, arrow::MakeScalar(value));
  }
  StructRow& AddNull(const std::string& name, const std::shared_ptr<arrow::DataType>& type) {
    return AddArray(name, Check(arrow::MakeArrayOfNull(type, 1)));
  }
  StructRow& Add(const std::string& name, const StructRow& row) {
    return AddArray(name, row.Finish());
  }
  /// The struct, or a null of its type.
  StructRow& AddIf(bool there, const std::string& name, const StructRow& row) {
    auto array = row.Finish();
    return there ? AddArray(name, array) : AddNull(name, array->type());
  }
  std::shared_ptr<arrow::Array> Finish() const {
    return Check(arrow::StructArray::Make(arrays_, names_));
  }

 private:
  StructRow& AddArray(const std::string& name, std::shared_ptr<arrow::Array> array) {
    names_.push_back(name);
    arrays_.push_back(std::move(array));
    return *this;
  }

  std::vector<std::string> names_;
  arrow::ArrayVector arrays_;
};

int64_t Total(const std::vector<int64_t>& bytes) {
  return std::accumulate(bytes.begin(), bytes.end(), int64_t{0});
}

StructRow Sizes(const std::vector<int64_t>& bytes) {
  StructRow row;
  if (bytes.empty()) {
    row.AddNull("min", arrow::int64()).AddNull("max", arrow::int64());
  } else {
    row.Add("min", *std::min_element(bytes.begin(), bytes.end()));
    row.Add("max", *std::max_element(bytes.begin(), bytes.end()));
  }
  const double mean =
      bytes.empty() ? 0 : static_cast<double>(Total(bytes)) / static_cast<double>(bytes.size());
  row.Add("avg", arrow::MakeScalar(mean));
  row.Add("totalFiles", static_cast<int64_t>(bytes.size()));
  row.Add("totalSize", Total(bytes));
  return row;
}

StructRow Tally(const FileTally& tally, const std::string& count) {
  StructRow row;
  row.Add(count, tally.files).Add("size", tally.bytes);
  return row;
}

StructRow ZOrderRow(const CurveMetrics& curve) {
  StructRow row;
  row.Add("strategyName", arrow::MakeScalar("all"));
  row.Add("inputCubeFiles", Tally(curve.cube_files, "num"));
  row.Add("inputOtherFiles", Tally(curve.other_files, "num"));
  row.Add("inputNumCubes", curve.input_cubes);
  row.Add("mergedFiles", Tally(curve.merged_files, "num"));
  row.Add("numOutputCubes", curve.output_cubes);
  row.AddNull("mergedNumCubes", arrow::int64());
  return row;
}

StructRow ClusteringRow(const CurveMetrics& curve) {
  StructRow row;
  row.Add("inputZCubeFiles", Tally(curve.cube_files, "numFiles"));
  row.Add("inputOtherFiles", Tally(curve.other_files, "numFiles"));
  row.Add("inputNumZCubes", curve.input_cubes);
  row.Add("mergedFiles", Tally(curve.merged_files, "numFiles"));
  row.Add("numOutputZCubes", curve.output_cubes);
  return row;
}

StructRow MetricsRow(const OptimizeMetrics& metrics) {
  StructRow row;
  row.Add("numFilesAdded", static_cast<int64_t>(metrics.added_bytes.size()));
  row.Add("numFilesRemoved", static_cast<int64_t>(metrics.removed_bytes.size()));
  row.Add("filesAdded", Sizes(metrics.added_bytes));
  row.Add("filesRemoved", Sizes(metrics.removed_bytes));
  row.Add("partitionsOptimized", metrics.partitions);
  row.AddIf(metrics.zorder.has_value(), "zOrderStats",
            ZOrderRow(metrics.zorder.value_or(CurveMetrics{})));
  row.AddIf(metrics.clustering.has_value(), "clusteringStats",
            ClusteringRow(metrics.clustering.value_or(CurveMetrics{})));
  row.Add("numBins", metrics.groups);
  row.Add("numBatches", int64_t{metrics.groups > 0 ? 1 : 0});
  row.Add("totalConsideredFiles", metrics.considered_files);
  row.Add("totalFilesSkipped", metrics.skipped_files);
  row.Add("preserveInsertionOrder", arrow::MakeScalar(false));
  row.Add("numFilesSkippedToReduceWriteAmplification", int64_t{0});
  row.Add("numBytesSkippedToReduceWriteAmplification", int64_t{0});
  row.Add("startTimeMs", metrics.start_ms);
  row.Add("endTimeMs", metrics.end_ms);
  row.Add("totalClusterParallelism", int64_t{1});
  row.Add("totalScheduledTasks", metrics.groups);
  StructRow parallelism;
  for (const char* name : {"maxClusterActiveParallelism", "minClusterActiveParallelism",
                           "maxSessionActiveParallelism", "minSessionActiveParallelism"}) {
    parallelism.AddNull(name, arrow::int64());
  }
  row.AddIf(false, "autoCompactParallelismStats", parallelism);
  StructRow vectors;
  vectors.Add("numDeletionVectorsRemoved", metrics.deletion_vectors);
  vectors.Add("numDeletionVectorRowsRemoved", metrics.deleted_rows);
  row.AddIf(metrics.deletion_vectors > 0, "deletionVectorStats", vectors);
  row.Add("numTableColumns", metrics.columns);
  row.Add("numTableColumnsWithStats", metrics.columns_with_statistics);
  return row;
}

/// The value below which the share of the sorted values lies.
int64_t Percentile(const std::vector<int64_t>& sorted, size_t percent) {
  return sorted[sorted.size() * percent / 100];
}

}  // namespace

void CountFiles(const storage::Snapshot& base, const std::vector<WrittenGroup>& groups,
                OptimizeMetrics& metrics) {
  metrics.added_bytes.clear();
  metrics.removed_bytes.clear();
  metrics.deletion_vectors = metrics.deleted_rows = 0;
  std::vector<size_t> sources;
  for (const auto& group : groups) {
    for (const auto& file : group.files()) metrics.added_bytes.push_back(file.size_bytes);
    for (const size_t file : group.sources().files) {
      const auto entry = base.file(file);
      metrics.removed_bytes.push_back(entry.size_bytes);
      metrics.deletion_vectors += entry.deleted_records > 0 ? 1 : 0;
      metrics.deleted_rows += entry.deleted_records;
      sources.push_back(file);
    }
  }
  metrics.groups = static_cast<int64_t>(groups.size());
  metrics.partitions =
      static_cast<int64_t>(storage::maintenance::GroupByPartition(base, sources).size());
  metrics.skipped_files =
      metrics.considered_files - static_cast<int64_t>(metrics.removed_bytes.size());
}

std::map<std::string, int64_t> HistoryMetrics(const OptimizeMetrics& metrics) {
  std::map<std::string, int64_t> history = {
      {"numAddedFiles", static_cast<int64_t>(metrics.added_bytes.size())},
      {"numRemovedFiles", static_cast<int64_t>(metrics.removed_bytes.size())},
      {"numAddedBytes", Total(metrics.added_bytes)},
      {"numRemovedBytes", Total(metrics.removed_bytes)},
      {"numDeletionVectorsRemoved", metrics.deletion_vectors}};
  if (metrics.added_bytes.empty()) return history;
  auto sorted = metrics.added_bytes;
  std::sort(sorted.begin(), sorted.end());
  history["minFileSize"] = sorted.front();
  history["p25FileSize"] = Percentile(sorted, 25);
  history["p50FileSize"] = Percentile(sorted, 50);
  history["p75FileSize"] = Percentile(sorted, 75);
  history["maxFileSize"] = sorted.back();
  return history;
}

std::shared_ptr<arrow::RecordBatch> OptimizeAnswer(const std::string& path,
                                                   const OptimizeMetrics& metrics) {
  auto row = MetricsRow(metrics).Finish();
  auto place = Check(arrow::MakeArrayFromScalar(*arrow::MakeScalar(path), 1));
  auto schema =
      arrow::schema({arrow::field("path", arrow::utf8()), arrow::field("metrics", row->type())});
  return arrow::RecordBatch::Make(std::move(schema), 1, {std::move(place), std::move(row)});
}

}  // namespace lakehouse::query::duckdb
