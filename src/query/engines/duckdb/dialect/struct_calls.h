#pragma once

#include <map>
#include <string>
#include <vector>

#include "query/engines/duckdb/dialect/lexer.h"

namespace lakehouse::query::duckdb::dialect {

/// struct(a, b + 1 AS c): each argument with the name that its field gets.
struct StructCall {
  struct Argument {
    size_t first = 0;  ///< its tokens [first, last)
    size_t last = 0;
    size_t end = 0;    ///< behind AS name
    std::string name;  ///< that of AS, of a column, or colN; empty when name := value is written
  };
  std::vector<Argument> arguments;
};

/// The calls of struct in tokens [first, last) by their first token; types STRUCT(..) are none.
std::map<size_t, StructCall> FindStructCalls(const std::vector<Token>& tokens, size_t first,
                                             size_t last);

}  // namespace lakehouse::query::duckdb::dialect
