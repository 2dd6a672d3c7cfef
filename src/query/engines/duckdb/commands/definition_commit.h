#pragma once

#include <memory>

#include "query/engines/duckdb/commands/command.h"
#include "storage/table.h"

namespace lakehouse::query::duckdb {

/// Commits a change of a definition. CommitConflict LK-4013, CommitStateUnknown LK-4014.
void CommitDefinition(storage::Transaction& transaction,
                      const storage::CommitDescription& description);

/// A JSON text of a text, for a commit's parameters.
std::string JsonOf(const std::string& text);

}  // namespace lakehouse::query::duckdb
