#pragma once

#include <optional>
#include <string>

#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// Makes `table_changes('table', from[, to])`: the rows that the versions `from` to `to` (or the
/// latest) changed. The ends are versions, or moments: the first commit not before `from`, the last
/// one not after `to`. The function stands for a table of the schema kChangesSchema.
void RegisterTableChanges(dk::Connection& connection);

/// A table and the rows that changed in it.
struct TableChanges {
  catalog::ResolvedObject object;
  storage::SnapshotPtr snapshot;
};

/// What a name of the schema kChangesSchema stands for, for a principal who may read the table;
/// nothing when there is no such table.
std::optional<TableChanges> FindChanges(LakeSession& session, const std::string& name);

}  // namespace lakehouse::query::duckdb
