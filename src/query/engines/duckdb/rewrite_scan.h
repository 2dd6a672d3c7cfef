#pragma once

#include <functional>
#include <string>

#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// Calls `take` with every chunk of the rows of `source`, their `columns` as in a select list, read
/// on a connection of its own as the principal of `context`'s session. Ends when the statement of
/// `context` is interrupted.
void ScanRewriteSource(dk::ClientContext& context, RewriteSource source,
                       const std::function<void(dk::DataChunk&)>& take,
                       const std::string& columns = "*");

}  // namespace lakehouse::query::duckdb
