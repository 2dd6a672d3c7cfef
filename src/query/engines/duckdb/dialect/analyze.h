#pragma once

#include <optional>
#include <vector>

#include "query/engines/duckdb/dialect/maintenance.h"
#include "storage/schema_change.h"

namespace lakehouse::query::duckdb::dialect {

/// ANALYZE TABLE t COMPUTE STATISTICS [NOSCAN | FOR ALL COLUMNS | FOR COLUMNS a, b]
struct Analyze {
  TableTarget table;
  std::vector<storage::ColumnPath> columns;  ///< that have to be there
};

/// REFRESH [TABLE] t, CACHE [LAZY] TABLE t, UNCACHE TABLE [IF EXISTS] t, CLEAR CACHE: nothing to do
/// here, where every statement reads the latest version.
struct Refresh {
  std::optional<TableTarget> table;
  bool if_exists = false;
};

/// Nothing for another statement. LK-4012 for COMPUTE DELTA STATISTICS and PARTITION.
std::optional<Analyze> ParseAnalyze(Cursor& cursor);

/// Nothing for another statement. LK-4012 for CACHE TABLE of a query.
std::optional<Refresh> ParseRefresh(Cursor& cursor);

}  // namespace lakehouse::query::duckdb::dialect
