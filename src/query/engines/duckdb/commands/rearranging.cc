#include "query/engines/duckdb/commands/rearranging.h"

#include <nlohmann/json.hpp>
#include <numeric>

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "storage/maintenance/clustering.h"

namespace lakehouse::query::duckdb {
namespace {

/// Leaves of the columns, and how many of them have statistics.
void CountColumns(const storage::TableMetadata& metadata, const storage::Field& field,
                  storage::ColumnPath& path, OptimizeMetrics& metrics) {
  path.push_back(field.name);
  if (field.type->id() == storage::TypeId::kStruct) {
    for (const auto& child : field.type->fields()) CountColumns(metadata, child, path, metrics);
  } else {
    ++metrics.columns;
    if (storage::maintenance::HasStatistics(metadata, path)) ++metrics.columns_with_statistics;
  }
  path.pop_back();
}

catalog::ResolvedObject TableOf(const CommandContext& context, const dialect::TableTarget& table,
                                const std::string& command) {
  auto object = Target(context, catalog::Action::kModify, table.name, table.path);
  if (object.table) return object;
  throw Error(ErrorKind::kInvalidArgument, "LK-4004",
              command + " needs a table, and " + object.info.name.ToString() + " is a view");
}

}  // namespace

std::vector<storage::maintenance::FileGroup> GroupsOf(const storage::Snapshot& base,
                                                      const std::vector<size_t>& files,
                                                      int64_t target_bytes) {
  std::vector<storage::maintenance::FileGroup> groups;
  for (const auto& partition : storage::maintenance::GroupByPartition(base, files)) {
    storage::maintenance::FileGroup group;
    for (const size_t file : partition.files) {
      const int64_t bytes = base.file(file).size_bytes;
      if (!group.files.empty() && group.bytes + bytes > target_bytes) {
        groups.push_back(std::move(group));
        group = {};
      }
      group.files.push_back(file);
      group.bytes += bytes;
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

std::string DottedPath(const std::vector<std::string>& path) {
  std::string text;
  for (const auto& part : path) text += (text.empty() ? "" : ".") + part;
  return text;
}

std::string JsonText(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string ConditionList(const std::string& condition) {
  return JsonText(condition.empty() ? "[]" : "[" + JsonText(condition) + "]");
}

Rearranging::Rearranging(const CommandContext& context, const dialect::TableTarget& table,
                         const std::string& command)
    : Rearranging(context, TableOf(context, table, command)) {}

Rearranging::Rearranging(const CommandContext& context, catalog::ResolvedObject object)
    : context_(context), object_(std::move(object)) {
  LAKE_CHECK(context.rewriter != nullptr);
  metrics_.start_ms = context.lake.storage_context().clock->NowMs();
  base_ = object_.table->Latest();
  object_.table->Begin(base_);  // refuses a table that cannot be written before any work is done
  const storage::parquet::DataFileOptions defaults{.target_file_bytes =
                                                       storage::maintenance::kTargetFileBytes};
  target_bytes_ = storage::parquet::OptionsFor(base_->metadata(), defaults).target_file_bytes;
  storage::ColumnPath path;
  for (const auto& field : base_->schema().fields) {
    CountColumns(base_->metadata(), field, path, metrics_);
  }
}

void Rearranging::Choose(const std::string& condition) {
  if (condition.empty()) {
    candidates_.resize(base_->file_count());
    std::iota(candidates_.begin(), candidates_.end(), size_t{0});
  } else {
    candidates_ = context_.rewriter->FilesWhere(base_, condition);
  }
  metrics_.considered_files = static_cast<int64_t>(candidates_.size());
}

std::string Rearranging::NewId() const {
  const auto& storage = context_.lake.storage_context();
  return Uuid::V4(*storage.random).ToString();
}

void Rearranging::Rewrite(const storage::maintenance::FileGroup& group, RowOrder order,
                          const std::vector<storage::ColumnPath>& columns) {
  RewriteJob job{object_.table, base_, group.files, order, columns, target_bytes_};
  // A bin is meant to become one file, whatever its compression gives.
  if (order == RowOrder::kAsRead) job.target_file_bytes *= 2;
  groups_.emplace_back(group, context_.rewriter->Rewrite(job));
}

void Rearranging::Rewrite(const storage::maintenance::FileGroup& group,
                          const storage::TableMetadata& next) {
  RewriteJob job{object_.table, base_, group.files, RowOrder::kAsRead, {}, target_bytes_ * 2, next};
  groups_.emplace_back(group, context_.rewriter->Rewrite(job));
}

CommandAnswer Rearranging::Commit(const std::function<storage::CommitDescription()>& describe,
                                  const std::function<void()>& count) {
  CountFiles(*base_, groups_, metrics_);
  if (!groups_.empty()) {
    CommitRearranged(*object_.table, base_, groups_, [&] {
      CountFiles(*base_, groups_, metrics_);
      auto description = describe();
      description.metrics = HistoryMetrics(metrics_);
      description.user_name = context_.principal.name;
      return description;
    });
  }
  count();
  metrics_.end_ms = context_.lake.storage_context().clock->NowMs();
  return {StatementKind::kQuery, OptimizeAnswer(object_.table->location().uri(), metrics_)};
}

}  // namespace lakehouse::query::duckdb
