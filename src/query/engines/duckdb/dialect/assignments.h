#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/engines/duckdb/dialect/lexer.h"
#include "storage/schema_change.h"

namespace lakehouse::query::duckdb::dialect {

/// A field of a struct that SET assigns to.
struct FieldTarget {
  storage::ColumnPath path;  ///< two parts or more, as written
  std::string place;         ///< " (line 1, column 14)"
};

/// What stands for the field number `index` as a column's name in DuckDB's words.
std::string FieldColumn(size_t index);
/// The reverse; nothing for another column.
std::optional<size_t> FieldIndex(const std::string& column);

/// An UPDATE or MERGE in words that DuckDB has: without the name or alias of its table before the
/// columns that SET assigns to (SET t.a = 1) or INSERT names, blanks are in their places; with BY
/// NAME for SET * and INSERT *, which take columns by name in Spark and by position in DuckDB; and
/// with a FieldColumn for each field of a struct (SET a.b = 1), which is added to `fields`. Another
/// statement comes back as it is.
std::string WithPlainAssignments(const std::string& sql, const std::vector<Token>& tokens,
                                 std::vector<FieldTarget>& fields);

}  // namespace lakehouse::query::duckdb::dialect
