// What follows a statement that wrote tables with auto compaction.
#include <exception>
#include <utility>

#include "base/logging.h"
#include "query/engines/duckdb/commands/auto_compact.h"
#include "query/engines/duckdb/definition_checks.h"
#include "query/engines/duckdb/rewrite.h"
#include "query/engines/duckdb/session.h"
#include "storage/maintenance/auto_optimize.h"

namespace lakehouse::query::duckdb {

using storage::maintenance::WantsAutoCompaction;

void DuckDbSession::CompactWritten(const StatementScope& scope) {
  const auto written = std::exchange(lake_session_->committed, {});
  for (const auto& table : written) {
    if (table) Compact(scope, table->location().uri(), [&] { return table; });
  }
  if (const auto created = std::exchange(lake_session_->created, std::nullopt)) {
    Compact(scope, created->ToString(), [&] {
      return core_->lake->Resolve(principal_, catalog::Action::kModify, *created).table;
    });
  }
}

void DuckDbSession::Compact(const StatementScope& scope, const std::string& name,
                            const std::function<std::shared_ptr<storage::Table>()>& open) {
  const auto& options = core_->options;
  try {
    const auto table = open();
    if (!WantsAutoCompaction(table->Latest()->metadata().properties)) return;
    DefinitionChecks checks(*connection_, scope.fail);
    EngineRewriter rewriter(*connection_, *lake_session_, core_->options);
    const CommandContext context{*core_->lake,     principal_, checks,
                                 current_schema(), nullptr,    lake_session_->stop(),
                                 &rewriter};
    AutoCompact(context, table, {options.auto_compact_min_files, options.auto_compact_file_bytes});
  } catch (const std::exception& error) {
    LogWarn("small files were not compacted", {{"table", name}, {"reason", error.what()}});
  }
}

}  // namespace lakehouse::query::duckdb
