#pragma once

#include <functional>
#include <string>

#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/lake_transaction.h"
#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// Calls `take` with every chunk of the rows of `source`, their `columns` as in a select list, read
/// on a connection of its own as the principal of `context`'s session. Ends when the statement of
/// `context` is interrupted.
void ScanRewriteSource(dk::ClientContext& context, RewriteSource source,
                       const std::function<void(dk::DataChunk&)>& take,
                       const std::string& columns = "*");

/// Rows in memory that a scan joins with those of its source, which are called `old`.
struct JoinedWith {
  dk::ColumnDataCollection& rows;
  std::string name;
  dk::vector<std::string> columns;
  std::string condition;
};

/// The same for the rows that join.
void ScanJoined(dk::ClientContext& context, RewriteSource source, JoinedWith with,
                const std::function<void(dk::DataChunk&)>& take, const std::string& columns);

/// Of a scan that reads the rows `wanted` and no other; without a file when there are none.
ScanSelectionPtr SelectRows(const storage::Snapshot& snapshot, const DeletedRows& wanted);

}  // namespace lakehouse::query::duckdb
