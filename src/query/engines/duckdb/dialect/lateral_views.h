#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "query/engines/duckdb/dialect/lexer.h"

namespace lakehouse::query::duckdb::dialect {

/// LATERAL VIEW [OUTER] function(arguments) [name] [[AS] column, ...]
struct LateralView {
  bool outer = false;
  std::string function;                              ///< in lower case, without _outer
  std::vector<std::pair<size_t, size_t>> arguments;  ///< their tokens [first, last)
  std::string name;
  std::vector<std::string> columns;
  size_t begin = 0;
  size_t end = 0;
};

/// The clause at the token `i`, or nothing. LK-4001 for one that is wrong, LK-4012 for a function
/// other than explode, posexplode, inline, stack and variant_explode.
std::optional<LateralView> ParseLateralView(std::string_view sql, const std::vector<Token>& tokens,
                                            size_t i);

/// The join that DuckDB has for it; `arguments` are in DuckDB's spelling. LK-4001 for a wrong
/// number of arguments or columns.
std::string JoinOf(std::string_view sql, const std::vector<Token>& tokens, const LateralView& view,
                   const std::vector<std::string>& arguments);

}  // namespace lakehouse::query::duckdb::dialect
