#include "query/engines/duckdb/write_description.h"

#include <chrono>
#include <duckdb/parser/statement/delete_statement.hpp>
#include <duckdb/parser/statement/merge_into_statement.hpp>
#include <duckdb/parser/statement/update_statement.hpp>
#include <nlohmann/json.hpp>

namespace lakehouse::query::duckdb {
namespace {

using Json = nlohmann::json;

int64_t CountRows(const DeletedRows& deleted) {
  int64_t rows = 0;
  for (const auto& [file, set] : deleted) rows += set.size();
  return rows;
}

int64_t BytesOf(const std::vector<storage::NewFile>& files) {
  int64_t bytes = 0;
  for (const auto& file : files) bytes += file.size_bytes;
  return bytes;
}

std::string Text(const dk::unique_ptr<dk::ParsedExpression>& condition) {
  return condition ? condition->ToString() : std::string();
}

/// ["(id > 5)"], as Spark has it.
std::string Predicates(const dk::unique_ptr<dk::ParsedExpression>& condition) {
  Json list = Json::array();
  if (condition) list.push_back(condition->ToString());
  return list.dump();
}

const char* ActionName(dk::MergeActionType type) {
  switch (type) {
    case dk::MergeActionType::MERGE_UPDATE:
      return "update";
    case dk::MergeActionType::MERGE_DELETE:
      return "delete";
    case dk::MergeActionType::MERGE_INSERT:
      return "insert";
    case dk::MergeActionType::MERGE_DO_NOTHING:
      return "nothing";
    default:
      return "error";
  }
}

std::map<std::string, std::string> OfMerge(const dk::MergeIntoStatement& merge) {
  static const std::map<dk::MergeActionCondition, const char*> names = {
      {dk::MergeActionCondition::WHEN_MATCHED, "matchedPredicates"},
      {dk::MergeActionCondition::WHEN_NOT_MATCHED_BY_TARGET, "notMatchedPredicates"},
      {dk::MergeActionCondition::WHEN_NOT_MATCHED_BY_SOURCE, "notMatchedBySourcePredicates"}};
  std::map<std::string, std::string> parameters;
  parameters["predicate"] = Predicates(merge.join_condition);
  for (const auto& [condition, name] : names) {
    Json list = Json::array();
    const auto given = merge.actions.find(condition);
    if (given != merge.actions.end()) {
      for (const auto& action : given->second) {
        Json entry = {{"actionType", ActionName(action->action_type)}};
        if (action->condition) entry["predicate"] = Text(action->condition);
        list.push_back(std::move(entry));
      }
    }
    parameters[name] = list.dump();
  }
  return parameters;
}

void DescribeMerge(const PendingWrite& write, const ChangedFiles& changed, int64_t updated,
                   int64_t deleted, std::map<std::string, int64_t>& metrics) {
  metrics["numTargetRowsInserted"] = write.rows - write.updated_rows;
  metrics["numTargetRowsUpdated"] = updated;
  metrics["numTargetRowsDeleted"] = deleted;
  metrics["numTargetRowsCopied"] = changed.copied_rows;
  metrics["numTargetFilesAdded"] = static_cast<int64_t>(write.files.size());
  metrics["numTargetFilesRemoved"] = changed.removed;
  metrics["numTargetBytesAdded"] = BytesOf(write.files);
  metrics["numTargetBytesRemoved"] = changed.removed_bytes;
  metrics["numTargetChangeFilesAdded"] = static_cast<int64_t>(write.change_files.size());
  metrics["numTargetDeletionVectorsAdded"] = changed.vectors_added;
  metrics["numTargetDeletionVectorsUpdated"] = changed.vectors_updated;
  metrics["numTargetDeletionVectorsRemoved"] = changed.vectors_removed;
}

void DescribeReplaced(const PendingWrite& write, const ChangedFiles& changed, int64_t deleted,
                      storage::CommitDescription& description) {
  if (!write.replaces->empty()) description.parameters["predicate"] = Json(*write.replaces).dump();
  description.metrics["numDeletedRows"] = deleted;
  description.metrics["numCopiedRows"] = changed.copied_rows;
  description.metrics["numRemovedFiles"] = changed.removed;
  description.metrics["numRemovedBytes"] = changed.removed_bytes;
  description.metrics["numAddedChangeFiles"] = static_cast<int64_t>(write.change_files.size());
}

}  // namespace

storage::RowRules KeptRules() {
  storage::RowRules kept;
  kept.constraints = kept.generated = kept.identity = kept.defaults = true;
  kept.column_mapping = kept.change_feed = kept.row_ids = true;
  return kept;
}

void DescribeWrite(const PendingWrite& write, const std::string& operation,
                   const ChangedFiles& changed, storage::CommitDescription& description) {
  auto& metrics = description.metrics;
  const auto spent = std::chrono::steady_clock::now() - write.started;
  const int64_t updated = write.updated_rows;
  const int64_t deleted = CountRows(write.deleted) - updated;
  if (write.statements.size() > 1) {
    description.parameters["statements"] = Json(write.statements).dump();
  }
  metrics["numOutputRows"] = write.rows + changed.copied_rows;
  if (operation == "WRITE") {
    const bool replaces = write.replacement || write.overwrite || write.replaces;
    description.parameters["mode"] = replaces ? "\"Overwrite\"" : "\"Append\"";
    if (write.replaces) DescribeReplaced(write, changed, deleted, description);
    metrics["numFiles"] = static_cast<int64_t>(write.files.size());
    metrics["numOutputBytes"] = BytesOf(write.files);
    return;
  }
  metrics["executionTimeMs"] = std::chrono::duration_cast<std::chrono::milliseconds>(spent).count();
  if (operation == "MERGE") return DescribeMerge(write, changed, updated, deleted, metrics);
  if (operation == "UPDATE") {
    metrics["numUpdatedRows"] = updated;
  } else {
    metrics["numDeletedRows"] = deleted;
  }
  metrics["numCopiedRows"] = changed.copied_rows;
  metrics["numAddedFiles"] = static_cast<int64_t>(write.files.size());
  metrics["numRemovedFiles"] = changed.removed;
  metrics["numAddedBytes"] = BytesOf(write.files);
  metrics["numRemovedBytes"] = changed.removed_bytes;
  metrics["numAddedChangeFiles"] = static_cast<int64_t>(write.change_files.size());
  metrics["numDeletionVectorsAdded"] = changed.vectors_added;
  metrics["numDeletionVectorsUpdated"] = changed.vectors_updated;
  metrics["numDeletionVectorsRemoved"] = changed.vectors_removed;
}

std::map<std::string, std::string> ParametersOf(const dk::SQLStatement& statement) {
  switch (statement.type) {
    case dk::StatementType::DELETE_STATEMENT:
      return {{"predicate", Predicates(statement.Cast<dk::DeleteStatement>().condition)}};
    case dk::StatementType::UPDATE_STATEMENT: {
      const auto& set = statement.Cast<dk::UpdateStatement>().set_info;
      return {{"predicate", Predicates(set->condition)}};
    }
    case dk::StatementType::MERGE_INTO_STATEMENT:
      return OfMerge(statement.Cast<dk::MergeIntoStatement>());
    default:
      return {};
  }
}

}  // namespace lakehouse::query::duckdb
