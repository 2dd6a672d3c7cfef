// What follows a statement that wrote tables with auto compaction.
#include <exception>
#include <utility>

#include "base/logging.h"
#include "query/engines/duckdb/commands/auto_compact.h"
#include "query/engines/duckdb/definition_checks.h"
#include "query/engines/duckdb/rewrite.h"
#include "query/engines/duckdb/session.h"

namespace lakehouse::query::duckdb {

void DuckDbSession::CompactWritten(const StatementScope& scope) {
  const auto written = std::exchange(lake_session_->committed, {});
  const auto& options = core_->options;
  for (const auto& table : written) {
    try {
      if (!table || !WantsAutoCompaction(table->Latest()->metadata())) continue;
      DefinitionChecks checks(*connection_, scope.fail);
      EngineRewriter rewriter(*connection_, *lake_session_, core_->options);
      const CommandContext context{*core_->lake,     principal_, checks,
                                   current_schema(), nullptr,    lake_session_->stop(),
                                   &rewriter};
      AutoCompact(context, table,
                  {options.auto_compact_min_files, options.auto_compact_file_bytes});
    } catch (const std::exception& error) {
      LogWarn("small files were not compacted",
              {{"table", table->location().uri()}, {"reason", error.what()}});
    }
  }
}

}  // namespace lakehouse::query::duckdb
