#pragma once

#include <string_view>
#include <vector>

#include "query/engines/duckdb/dialect/cursor.h"
#include "query/engines/duckdb/dialect/dialect.h"

namespace lakehouse::query::duckdb::dialect {

/// What follows CREATE [OR REPLACE] TABLE. `cursor` walks `tokens` of `sql`.
CreateTable ParseCreateTable(std::string_view sql, Cursor& cursor, const std::vector<Token>& tokens,
                             bool or_replace);

}  // namespace lakehouse::query::duckdb::dialect
