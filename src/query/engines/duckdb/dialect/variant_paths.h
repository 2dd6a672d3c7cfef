#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "query/engines/duckdb/dialect/lexer.h"

namespace lakehouse::query::duckdb::dialect {

/// A part of a variant, base:path, in tokens [base, end).
struct VariantPath {
  size_t colon = 0;
  size_t end = 0;
  std::string path;  ///< as variant_get takes it: $.a.b[0]['any name']
};

/// The paths into variants in tokens [first, last), by the token where their base begins. A colon
/// is one when it touches a value before it and a name or [..] behind it, and stands where no
/// table, key of a struct, bound of a slice, parameter of a lambda or argument can. LK-4001 for a
/// path that goes on wrongly, LK-4012 for [*].
std::multimap<size_t, VariantPath> FindVariantPaths(std::string_view sql,
                                                    const std::vector<Token>& tokens, size_t first,
                                                    size_t last);

}  // namespace lakehouse::query::duckdb::dialect
