#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "query/engines/duckdb/dialect/cursor.h"
#include "query/engines/duckdb/dialect/dialect.h"

namespace lakehouse::query::duckdb::dialect {

/// What follows INSERT: DuckSql where the engine needs no more than other words, InsertRows where
/// what it says depends on the table's columns. Nothing when it is another INSERT. Unsupported
/// LK-4012 for what tables lack. With `evolve` a query is inserted WITH SCHEMA EVOLUTION.
std::optional<Statement> ParseInsert(std::string_view sql, Cursor& cursor,
                                     const std::vector<Token>& tokens, bool evolve);

}  // namespace lakehouse::query::duckdb::dialect
