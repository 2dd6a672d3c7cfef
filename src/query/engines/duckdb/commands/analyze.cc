// ANALYZE TABLE and REFRESH TABLE: what is known of a table is in its log, and always read anew.
#include <algorithm>

#include "base/error.h"
#include "base/suggest.h"
#include "query/engines/duckdb/commands/command.h"
#include "query/engines/duckdb/commands/rows.h"
#include "storage/schema_change.h"

namespace lakehouse::query::duckdb {
namespace {

void RequireColumns(const storage::Schema& schema,
                    const std::vector<storage::ColumnPath>& columns) {
  for (const auto& column : columns) {
    if (storage::FindField(schema, column) != nullptr) continue;
    throw Error(ErrorKind::kNotFound, "LK-4056", "there is no column " + storage::PathText(column),
                DidYouMean(column[0], schema.Names()));
  }
}

}  // namespace

CommandAnswer Run(const CommandContext& context, const dialect::Analyze& statement) {
  const auto object =
      Target(context, catalog::Action::kSelect, statement.table.name, statement.table.path);
  if (!object.table) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4004",
                "ANALYZE TABLE needs a table, and " + object.info.name.ToString() + " is a view");
  }
  const auto snapshot = object.table->Latest();
  RequireColumns(snapshot->schema(), statement.columns);
  int64_t rows = 0;
  int64_t unknown = 0;
  for (size_t i = 0; i < snapshot->file_count(); ++i) {
    const int64_t live = snapshot->file(i).live_records();
    rows += std::max<int64_t>(live, 0);
    if (live < 0) ++unknown;
  }
  return {StatementKind::kQuery,
          MakeRows({{"numFiles", CellType::kInteger},
                    {"sizeInBytes", CellType::kInteger},
                    {"numRecords", CellType::kInteger},
                    {"numFilesWithoutStatistics", CellType::kInteger}},
                   {{static_cast<int64_t>(snapshot->file_count()), snapshot->total_bytes(),
                     unknown > 0 ? Cell{} : Cell{rows}, unknown}})};
}

CommandAnswer Run(const CommandContext& context, const dialect::Refresh& statement) {
  if (!statement.table) return {};
  const auto& [name, path] = *statement.table;
  if (statement.if_exists && path.empty() &&
      !context.lake.Find(context.principal, catalog::Action::kSelect, FullName(context, name))) {
    return {};
  }
  Target(context, catalog::Action::kSelect, name, path);
  return {};
}

}  // namespace lakehouse::query::duckdb
