#pragma once

#include <optional>
#include <string>
#include <vector>

#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/pch.h"
#include "storage/table.h"

namespace lakehouse::query::duckdb {

/// What SQL may set, and for its own session only. The engine's configuration is locked, so these
/// are written past its SET statement.
struct SessionSettings {
  std::vector<std::string> schemas;  ///< of the lakehouse; the first one is the current one
  std::string time_zone = "UTC";
  bool dynamic_overwrite = false;  ///< INSERT OVERWRITE replaces the partitions that get rows
  bool schema_auto_merge = false;  ///< INSERT and MERGE add columns that only their rows have
  std::optional<storage::IsolationLevel> isolation;  ///< of writes; unset: the table's own
};

/// The setting of one transaction, which the session handles itself.
inline constexpr char kTransactionIsolation[] = "transaction_isolation";

/// What SET says of isolation, nothing for RESET. InvalidArgument LK-4005 for an unknown level.
std::optional<storage::IsolationLevel> IsolationIn(const dk::SetStatement& statement);

/// PermissionDenied LK-4010 for any setting but schema, search_path, TimeZone,
/// partition_overwrite_mode, schema_auto_merge and those of isolation, and for one of the whole
/// engine.
void CheckSetting(const dk::SetStatement& statement);

/// `current` as SET, RESET or USE changes it; `initial` is what RESET goes back to. NotFound
/// LK-2010 or LK-2011 for a name that is none of the lakehouse, InvalidArgument LK-4005 for a value
/// that is no name.
SessionSettings Changed(const SessionSettings& current, const SessionSettings& initial,
                        const dk::SetStatement& statement, LakeSession& session);

/// InvalidArgument LK-4005 for an unknown time zone.
void Apply(const SessionSettings& settings, const std::string& lake_name,
           dk::ClientContext& context);

}  // namespace lakehouse::query::duckdb
