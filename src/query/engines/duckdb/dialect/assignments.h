#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "query/engines/duckdb/dialect/lexer.h"

namespace lakehouse::query::duckdb::dialect {

/// An UPDATE or MERGE in words that DuckDB has: without the name or alias of its table before the
/// columns that SET assigns to (SET t.a = 1), blanks are in their places; and with BY NAME for SET
/// * and INSERT *, which take columns by name in Spark and by position in DuckDB. Fields of structs
/// (SET a.b = 1) stay as they are. Another statement comes back as it is.
std::string WithPlainAssignments(const std::string& sql, const std::vector<Token>& tokens);

}  // namespace lakehouse::query::duckdb::dialect
