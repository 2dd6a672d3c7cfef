// REORG TABLE ... APPLY (PURGE): rows and columns that were dropped leave the files.
#include <arrow/api.h>

#include <algorithm>

#include "query/engines/duckdb/commands/command.h"
#include "query/engines/duckdb/commands/rearranging.h"
#include "storage/file_place.h"
#include "storage/parquet/parquet_file.h"

namespace lakehouse::query::duckdb {
namespace {

using storage::maintenance::FileGroup;

/// Has the file a column, at any depth of structs, that is none of `known`?
bool HasOthers(const arrow::FieldVector& in_file, const std::vector<storage::Field>& known,
               storage::ColumnMapping mapping) {
  return std::any_of(in_file.begin(), in_file.end(), [&](const auto& column) {
    const auto found = std::find_if(known.begin(), known.end(), [&](const auto& field) {
      return storage::PhysicalName(field, mapping) == column->name();
    });
    if (found == known.end()) return true;
    return column->type()->id() == arrow::Type::STRUCT &&
           found->type->id() != storage::TypeId::kVariant &&
           HasOthers(column->type()->fields(), found->type->fields(), mapping);
  });
}

/// Has the file columns that the table dropped? Only with a column mapping they may stay there.
bool HasDroppedColumns(const CommandContext& context, const Rearranging& work, size_t file) {
  const auto& base = *work.base();
  if (base.column_mapping() == storage::ColumnMapping::kNone) return false;
  const auto entry = base.file(file);
  const auto place =
      storage::LocateFile(entry.path, work.table().location(), &context.lake.stores());
  const auto in_file =
      storage::parquet::ReadParquetSchema(place.store->OpenImmutable(place.path, entry.size_bytes));
  return HasOthers(in_file->fields(), base.schema().fields, base.column_mapping());
}

/// Files of one partition with something to purge, in groups about as large as a new file.
std::vector<FileGroup> PlanPurge(const CommandContext& context, const Rearranging& work) {
  const auto& base = *work.base();
  std::vector<size_t> marked;
  for (const size_t file : work.candidates()) {
    const bool deleted = base.file(file).deleted_records > 0;
    if (deleted || HasDroppedColumns(context, work, file)) marked.push_back(file);
  }
  return GroupsOf(base, marked, work.target_bytes());
}

storage::CommitDescription DescribePurge(const dialect::Reorg& statement) {
  storage::CommitDescription description;
  description.operation = "REORG";
  description.parameters["predicate"] = ConditionList(statement.where);
  description.parameters["applyPurge"] = "true";
  return description;
}

}  // namespace

CommandAnswer Run(const CommandContext& context, const dialect::Reorg& statement) {
  Rearranging work(context, statement.table, "REORG TABLE");
  work.Choose(statement.where);
  for (const FileGroup& group : PlanPurge(context, work)) {
    work.Rewrite(group, RowOrder::kAsRead, {});
  }
  return work.Commit([&] { return DescribePurge(statement); }, [] {});
}

}  // namespace lakehouse::query::duckdb
