#pragma once

#include <optional>
#include <string>
#include <vector>

#include "query/engines/duckdb/dialect/dialect.h"
#include "query/engines/duckdb/dialect/lexer.h"

namespace lakehouse::query::duckdb::dialect {

/// MERGE WITH SCHEMA EVOLUTION INTO ...: the MERGE without these words, still to be respelled, and
/// what its source is. With `evolve` also a MERGE that has UPDATE SET * or INSERT *. Nothing for
/// another statement. LK-4001.
std::optional<DuckSql> ParseEvolvingMerge(const std::string& sql, const std::vector<Token>& tokens,
                                          bool evolve);

}  // namespace lakehouse::query::duckdb::dialect
