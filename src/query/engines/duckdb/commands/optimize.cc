// OPTIMIZE: compaction, ZORDER BY and clustering.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/suggest.h"
#include "query/engines/duckdb/commands/command.h"
#include "query/engines/duckdb/commands/optimize_metrics.h"
#include "query/engines/duckdb/commands/rearrange.h"
#include "query/engines/duckdb/commands/rearranging.h"
#include "storage/delta/snapshot/delta_snapshot.h"
#include "storage/maintenance/clustering.h"
#include "storage/partitioning/space_curve.h"

namespace lakehouse::query::duckdb {
namespace {

namespace maintenance = storage::maintenance;
using maintenance::FileGroup;
using storage::ColumnPath;
using storage::Snapshot;

[[noreturn]] void ThrowUnordered(const std::string& why) {
  throw Error(ErrorKind::kInvalidArgument, "LK-4076", why,
              "order by columns with single values that are not partition columns");
}

/// The path with the names that the schema has.
ColumnPath FindColumn(const Snapshot& snapshot, const std::vector<std::string>& given) {
  const std::vector<storage::Field>* fields = &snapshot.schema().fields;
  const storage::Field* field = nullptr;
  ColumnPath path;
  for (const auto& part : given) {
    const auto found = std::find_if(fields->begin(), fields->end(), [&](const auto& candidate) {
      return catalog::FoldCase(candidate.name) == catalog::FoldCase(part);
    });
    if (found == fields->end()) {
      std::vector<std::string> names;
      for (const auto& candidate : *fields) names.push_back(candidate.name);
      throw Error(ErrorKind::kInvalidArgument, "LK-4002",
                  "the table has no column " + DottedPath(given), DidYouMean(part, names));
    }
    field = &*found;
    path.push_back(field->name);
    fields = &field->type->fields();
  }
  if (field->type->is_nested() || field->type->id() == storage::TypeId::kVariant) {
    ThrowUnordered("rows cannot be ordered by " + DottedPath(path) + ", which is a " +
                   field->type->ToString());
  }
  return path;
}

/// LK-4077 for a column without statistics: an order by it would leave out no file.
void CheckStatistics(const Snapshot& snapshot, const std::vector<ColumnPath>& columns) {
  for (const ColumnPath& column : columns) {
    if (maintenance::HasStatistics(snapshot.metadata(), column)) continue;
    throw Error(ErrorKind::kInvalidArgument, "LK-4077",
                "there are no statistics of " + DottedPath(column) +
                    ", so an order by it would be of no use",
                "raise delta.dataSkippingNumIndexedCols, or name the column in "
                "delta.dataSkippingStatsColumns");
  }
}

/// The columns of ZORDER BY.
std::vector<ColumnPath> ZOrderColumns(const Snapshot& snapshot,
                                      const std::vector<std::vector<std::string>>& given) {
  std::vector<ColumnPath> columns;
  const auto& partition = snapshot.metadata().partition_columns;
  for (const auto& name : given) {
    ColumnPath path = FindColumn(snapshot, name);
    if (std::find(partition.begin(), partition.end(), path.front()) != partition.end()) {
      ThrowUnordered(path.front() +
                     " is a partition column: it is the same in every row of a file");
    }
    if (std::find(columns.begin(), columns.end(), path) == columns.end()) {
      columns.push_back(std::move(path));
    }
  }
  if (columns.size() > storage::partitioning::kMaxCurveColumns) {
    ThrowUnordered("rows can be ordered by at most " +
                   std::to_string(storage::partitioning::kMaxCurveColumns) + " columns, not " +
                   std::to_string(columns.size()));
  }
  CheckStatistics(snapshot, columns);
  return columns;
}

/// LK-4078 for a clause that the table's clustering leaves no room for.
void CheckClauses(const dialect::Optimize& statement, bool clustered) {
  std::string why;
  if (statement.full && !clustered) why = "FULL is for tables with clustering (CLUSTER BY)";
  if (clustered && !statement.where.empty()) why = "WHERE is not for tables with clustering";
  if (clustered && !statement.zorder.empty()) why = "ZORDER BY is not for tables with clustering";
  if (why.empty()) return;
  throw Error(ErrorKind::kInvalidArgument, "LK-4078", why,
              clustered ? "OPTIMIZE without the clause clusters what is not clustered yet"
                        : "leave FULL out");
}

/// What the log says of the file's clustering.
maintenance::FileClustering ClusteringOf(const Snapshot& snapshot, size_t file) {
  const auto* delta = dynamic_cast<const storage::delta::DeltaSnapshot*>(&snapshot);
  if (delta == nullptr) return {};
  const auto add = delta->add(file);
  return {add.tags, add.clustering_provider};
}

/// One statement's way from the files it considers to its commit.
class Optimization {
 public:
  Optimization(const CommandContext& context, const dialect::Optimize& statement)
      : statement_(statement), work_(context, statement.table, "OPTIMIZE") {
    columns_ = maintenance::ClusteringColumns(base());
    clustered_ = columns_ && !columns_->empty();
    CheckClauses(statement, clustered_);
    if (!clustered_) columns_ = ZOrderColumns(base(), statement.zorder);
    work_.Choose(statement.where);
  }

  CommandAnswer Run() {
    const auto groups = Plan();
    for (const FileGroup& group : groups) {
      work_.Rewrite(group, Order(), *columns_);
      if (clustered_) TagCube(work_.groups().back());
    }
    return work_.Commit([&] { return Describe(); }, [&] { CountCurve(); });
  }

 private:
  const Snapshot& base() const { return *work_.base(); }

  RowOrder Order() const {
    if (columns_->empty()) return RowOrder::kAsRead;
    return clustered_ ? RowOrder::kHilbert : RowOrder::kZOrder;
  }

  std::vector<FileGroup> Plan() {
    if (clustered_) {
      cubes_ = maintenance::PlanClustering(
          base(), work_.candidates(), *columns_,
          [&](size_t file) { return ClusteringOf(base(), file); },
          {.target_bytes = work_.target_bytes(), .full = statement_.full});
      return cubes_.groups;
    }
    if (!columns_->empty()) return maintenance::GroupByPartition(base(), work_.candidates());
    return maintenance::PlanCompaction(base(), work_.candidates(),
                                       {.target_bytes = work_.target_bytes()});
  }

  void TagCube(WrittenGroup& group) {
    const std::string id = work_.NewId();
    for (auto& file : group.files()) {
      file.tags[maintenance::kCubeIdTag] = id;
      file.tags[maintenance::kCubeColumnsTag] = maintenance::CubeColumnsText(*columns_);
      file.clustering_provider = maintenance::kClusteringProvider;
    }
  }

  void CountCurve() {
    if (columns_->empty()) return;
    OptimizeMetrics& metrics = work_.metrics();
    CurveMetrics curve;
    const auto& removed = metrics.removed_bytes;
    curve.merged_files = {static_cast<int64_t>(removed.size()),
                          std::accumulate(removed.begin(), removed.end(), int64_t{0})};
    curve.output_cubes = static_cast<int64_t>(work_.groups().size());
    if (!clustered_) {  // one for each partition
      curve.other_files = curve.merged_files;
      metrics.zorder = curve;
      return;
    }
    curve.cube_files = {cubes_.cube_files, cubes_.cube_bytes};
    curve.other_files = {cubes_.other_files, cubes_.other_bytes};
    curve.input_cubes = cubes_.cubes;
    metrics.clustering = curve;
  }

  storage::CommitDescription Describe() const {
    const auto list = [&](bool mine) {
      return JsonText(mine ? maintenance::CubeColumnsText(*columns_) : "[]");
    };
    storage::CommitDescription description;
    description.operation = "OPTIMIZE";
    description.parameters["predicate"] = ConditionList(statement_.where);
    description.parameters["zOrderBy"] = list(!clustered_);
    description.parameters["clusterBy"] = list(clustered_);
    description.parameters["auto"] = "false";
    if (clustered_) description.parameters["isFull"] = statement_.full ? "true" : "false";
    return description;
  }

  const dialect::Optimize& statement_;
  Rearranging work_;
  std::optional<std::vector<ColumnPath>> columns_;  ///< of the order; set after construction
  bool clustered_ = false;
  maintenance::ClusteringPlan cubes_;
};

}  // namespace

CommandAnswer Run(const CommandContext& context, const dialect::Optimize& statement) {
  return Optimization(context, statement).Run();
}

}  // namespace lakehouse::query::duckdb
