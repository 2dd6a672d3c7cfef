#include "query/engines/duckdb/commands/auto_compact.h"

#include <algorithm>
#include <utility>

#include "query/engines/duckdb/commands/rearranging.h"
#include "storage/maintenance/clustering.h"

namespace lakehouse::query::duckdb {
namespace {

namespace maintenance = storage::maintenance;

/// Partitions that one auto compaction looks at, those with the most small files first.
constexpr size_t kMaxPartitions = 128;

/// The files below half of `limits.file_bytes`, of partitions that have enough of them.
std::vector<size_t> ManySmallFiles(const storage::Snapshot& base, const AutoCompaction& limits) {
  std::vector<size_t> small;
  for (size_t i = 0; i < base.file_count(); ++i) {
    if (base.file(i).size_bytes < limits.file_bytes / 2) small.push_back(i);
  }
  auto partitions = maintenance::GroupByPartition(base, small);
  std::erase_if(partitions, [&](const auto& partition) {
    return static_cast<int64_t>(partition.files.size()) < limits.min_files;
  });
  std::sort(partitions.begin(), partitions.end(), [](const auto& a, const auto& b) {
    if (a.files.size() != b.files.size()) return a.files.size() > b.files.size();
    return a.files.front() < b.files.front();
  });
  std::vector<size_t> files;
  for (size_t i = 0; i < std::min(partitions.size(), kMaxPartitions); ++i) {
    files.insert(files.end(), partitions[i].files.begin(), partitions[i].files.end());
  }
  std::sort(files.begin(), files.end());
  return files;
}

storage::CommitDescription Describe() {
  storage::CommitDescription description;
  description.operation = "OPTIMIZE";
  description.parameters["predicate"] = ConditionList("");
  description.parameters["zOrderBy"] = JsonText("[]");
  description.parameters["clusterBy"] = JsonText("[]");
  description.parameters["auto"] = "true";
  return description;
}

}  // namespace

void AutoCompact(const CommandContext& context, const std::shared_ptr<storage::Table>& table,
                 AutoCompaction limits) {
  catalog::ResolvedObject object;
  object.table = table;
  Rearranging work(context, std::move(object));
  const auto& base = *work.base();
  const auto clustered = maintenance::ClusteringColumns(base);
  if (clustered && !clustered->empty()) return;
  // Files that have the size that the table asks for are not small.
  limits.file_bytes = std::min(limits.file_bytes, work.target_bytes());
  const auto files = ManySmallFiles(base, limits);
  if (files.empty()) return;
  for (const auto& group :
       maintenance::PlanCompaction(base, files, {.target_bytes = limits.file_bytes})) {
    work.Rewrite(group, RowOrder::kAsRead, {});
  }
  work.Commit([] { return Describe(); }, [] {});
}

}  // namespace lakehouse::query::duckdb
