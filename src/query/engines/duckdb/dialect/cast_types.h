#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "query/engines/duckdb/dialect/lexer.h"

namespace lakehouse::query::duckdb::dialect {

/// The type of a cast, up to the token `end`, in DuckDB's spelling.
struct CastType {
  size_t end = 0;
  std::string spelled;
};

/// The types in tokens [first, last) that DuckDB's grammar lacks, of CAST(.. AS type), TRY_CAST and
/// ..::type, by their first token: BYTE, TIMESTAMP_NTZ, TIMESTAMP_LTZ, ARRAY<..>, MAP<..>,
/// STRUCT<..>. LK-4001 and LK-4012 of ParseType.
std::map<size_t, CastType> FindCastTypes(std::string_view sql, const std::vector<Token>& tokens,
                                         size_t first, size_t last);

}  // namespace lakehouse::query::duckdb::dialect
