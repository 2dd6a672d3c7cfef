#pragma once

#include "query/engines/duckdb/commands/command.h"
#include "query/engines/duckdb/dialect/maintenance.h"

namespace lakehouse::query::duckdb {

/// One row `path` for each file that would be deleted, with DRY RUN; else one with the table's
/// place. Needs the right to modify. Errors of storage::Vacuum.
CommandAnswer Run(const CommandContext& context, const dialect::Vacuum& statement);

/// One row of counts, named as in Spark. Needs the right to modify. Errors of storage::Restore;
/// InvalidArgument LK-4050 for a text that is no time.
CommandAnswer Run(const CommandContext& context, const dialect::Restore& statement);

/// One row of counts, named as in Spark. Needs the right to select from the source, and to create
/// the target or, with OR REPLACE, to modify it. Unsupported LK-4012 when a policy hides rows or
/// columns of the source, for the clone would show them.
CommandAnswer Run(const CommandContext& context, const dialect::CloneTable& statement);

/// No rows. Needs the right to create at the place.
CommandAnswer Run(const CommandContext& context, const dialect::ConvertToDelta& statement);

}  // namespace lakehouse::query::duckdb
