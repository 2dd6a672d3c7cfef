#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "query/engines/duckdb/dialect/lexer.h"

namespace lakehouse::query::duckdb::dialect {

/// The text of tokens [first, last) with Spark's spellings in DuckDB's: `name`, delta.`/path`,
/// VERSION AS OF, TIMESTAMP AS OF. What is inside strings and comments stays as it is.
/// Throws LK-4001 for a time travel clause without its value.
std::string Respell(std::string_view sql, const std::vector<Token>& tokens, size_t first,
                    size_t last);

}  // namespace lakehouse::query::duckdb::dialect
