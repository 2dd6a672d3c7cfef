#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "query/engines/duckdb/dialect/lexer.h"

namespace lakehouse::query::duckdb::dialect {

/// Writes the literal at token `i`, when it is one that only Spark has, in DuckDB's spelling:
/// numbers with a suffix (1L, 1S, 1Y, 1.0D, 1.0F, 1.0BD), X'1F', TIMESTAMP_NTZ '..',
/// TIMESTAMP_LTZ '..', and the intervals that DuckDB lacks. Returns the token after what was
/// written; `i` when nothing was. LK-4001 for a literal that has no value.
size_t RespellLiteral(std::string_view sql, const std::vector<Token>& tokens, size_t i,
                      std::string& out);

/// The intervals of it: INTERVAL '1-2' YEAR TO MONTH, INTERVAL 1 DAY 2 HOURS, INTERVAL -1 DAY.
size_t RespellInterval(std::string_view sql, const std::vector<Token>& tokens, size_t i,
                       std::string& out);

/// Does the token before `i` end a value, so that a minus at `i` subtracts?
bool FollowsValue(const std::vector<Token>& tokens, size_t i);

}  // namespace lakehouse::query::duckdb::dialect
