#pragma once

#include <optional>
#include <string>

#include "query/engines/duckdb/dialect/cursor.h"

namespace lakehouse::query::duckdb::dialect {

/// SET TRANSACTION ISOLATION LEVEL and SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL
/// as SET of `transaction_isolation` and `default_transaction_isolation`. Nothing, and the cursor
/// stays, when it is another statement.
std::optional<std::string> ParseIsolation(Cursor& cursor);

}  // namespace lakehouse::query::duckdb::dialect
