#pragma once

#include <optional>
#include <string>
#include <vector>

#include "query/engines/duckdb/commands/command.h"
#include "storage/table.h"

namespace lakehouse::query::duckdb {

/// A table that is to change, at its latest version.
struct Altering {
  const CommandContext& context;
  const catalog::ResolvedObject& object;
  storage::SnapshotPtr base;

  const storage::TableMetadata& metadata() const { return base->metadata(); }
};

/// What the table becomes, and what the history says of it. The same metadata: there is nothing to
/// do.
struct TableChanged {
  storage::TableMetadata metadata;
  storage::CommitDescription description;
  std::optional<std::vector<storage::ColumnPath>> cluster_by;  ///< nothing: as it is
};

TableChanged Apply(const Altering& table, const dialect::AddColumns& change);
TableChanged Apply(const Altering& table, const dialect::DropColumns& change);
TableChanged Apply(const Altering& table, const dialect::RenameColumn& change);
TableChanged Apply(const Altering& table, const dialect::ChangeColumn& change);

}  // namespace lakehouse::query::duckdb
