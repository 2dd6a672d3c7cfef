#pragma once

#include <functional>
#include <string>
#include <vector>

#include "query/engines/duckdb/commands/command.h"
#include "query/engines/duckdb/commands/optimize_metrics.h"
#include "query/engines/duckdb/commands/rearrange.h"

namespace lakehouse::query::duckdb {

/// "a.b"
std::string DottedPath(const std::vector<std::string>& path);
/// The JSON text of a string.
std::string JsonText(const std::string& text);
/// The JSON text of the JSON list with the condition, as Spark has it in the history.
std::string ConditionList(const std::string& condition);

/// The files by partition, in groups that are together about as large as `target_bytes`.
std::vector<storage::maintenance::FileGroup> GroupsOf(const storage::Snapshot& base,
                                                      const std::vector<size_t>& files,
                                                      int64_t target_bytes);

/// What OPTIMIZE and REORG share: the table, the files that are considered, and the new ones.
class Rearranging {
 public:
  /// Errors of the name and of the right to change the table; LK-4004 for a view, LK-3020 for a
  /// table that cannot be written.
  Rearranging(const CommandContext& context, const dialect::TableTarget& table,
              const std::string& command);

  /// Of a table that was found and may be changed.
  Rearranging(const CommandContext& context, catalog::ResolvedObject object);

  /// Considers the files of partitions for which the condition holds; all when it is empty.
  void Choose(const std::string& condition);

  const storage::SnapshotPtr& base() const { return base_; }
  storage::Table& table() const { return *object_.table; }
  const std::vector<size_t>& candidates() const { return candidates_; }
  int64_t target_bytes() const { return target_bytes_; }
  std::vector<WrittenGroup>& groups() { return groups_; }
  OptimizeMetrics& metrics() { return metrics_; }
  std::string NewId() const;

  void Rewrite(const storage::maintenance::FileGroup& group, RowOrder order,
               const std::vector<storage::ColumnPath>& columns);
  /// Files for a table that its commit makes so.
  void Rewrite(const storage::maintenance::FileGroup& group, const storage::TableMetadata& next);

  /// Commits when anything was written, and answers with the metrics. `count` may add to them once
  /// it is known which groups are part of the commit.
  CommandAnswer Commit(const std::function<storage::CommitDescription()>& describe,
                       const std::function<void()>& count);

 private:
  const CommandContext& context_;
  catalog::ResolvedObject object_;
  storage::SnapshotPtr base_;
  int64_t target_bytes_ = 0;
  std::vector<size_t> candidates_;
  std::vector<WrittenGroup> groups_;
  OptimizeMetrics metrics_;
};

}  // namespace lakehouse::query::duckdb
