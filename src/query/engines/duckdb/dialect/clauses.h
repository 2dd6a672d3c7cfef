#pragma once

#include <map>
#include <string>
#include <vector>

#include "query/engines/duckdb/dialect/cursor.h"
#include "query/engines/duckdb/dialect/definitions.h"

// Pieces that the statements on tables share. All throw LK-4001 where something else stands.

namespace lakehouse::query::duckdb::dialect {

/// A table's name, or the path of delta.`path`; the other one stays empty.
void ParseTableName(Cursor& cursor, std::vector<std::string>& name, std::string& path);

/// a.b.c
storage::ColumnPath ParseColumnPath(Cursor& cursor);
/// (a, b.c)
std::vector<storage::ColumnPath> ParseColumnPaths(Cursor& cursor);

/// 'a.b' or a.b
std::string ParsePropertyKey(Cursor& cursor);
/// ('key' = 'value', ...)
std::map<std::string, std::string> ParseProperties(Cursor& cursor);
/// ('key', ...)
std::vector<std::string> ParsePropertyKeys(Cursor& cursor);

/// CLUSTER BY was taken: (a, b.c), or NONE for no columns.
std::vector<storage::ColumnPath> ParseClusterBy(Cursor& cursor);

/// FIRST, AFTER column, or nothing.
storage::ColumnPlace ParsePlace(Cursor& cursor);

/// ( expression ), as it was written, without the parentheses.
Rule ParseGroupedRule(Cursor& cursor, Rule::Kind kind);
/// An expression that goes to the next clause of a column, as it was written.
Rule ParseOpenRule(Cursor& cursor, Rule::Kind kind);

/// CHECK (expression), with CONSTRAINT name before it or without.
bool TakeCheck(Cursor& cursor, std::vector<Rule>& rules);

/// What follows the type of a column: NOT NULL, COMMENT, DEFAULT, GENERATED, CHECK. Expressions go
/// into `rules` and, of the column's own, into its metadata. Unsupported LK-4012 for another word.
void ParseColumnClauses(Cursor& cursor, const storage::ColumnPath& parent, storage::Field& field,
                        std::vector<Rule>& rules);

}  // namespace lakehouse::query::duckdb::dialect
