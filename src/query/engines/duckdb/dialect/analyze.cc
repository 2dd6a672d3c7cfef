#include "query/engines/duckdb/dialect/analyze.h"

#include "query/engines/duckdb/dialect/clauses.h"
#include "query/engines/duckdb/dialect/cursor.h"

namespace lakehouse::query::duckdb::dialect {

std::optional<Analyze> ParseAnalyze(Cursor& cursor) {
  if (!cursor.TakeWords({"ANALYZE", "TABLE"})) return std::nullopt;
  Analyze statement;
  statement.table = ParseTarget(cursor);
  if (IsWord(cursor.Peek(), "PARTITION")) {
    throw cursor.Unsupported("PARTITION of ANALYZE TABLE", "leave it out");
  }
  cursor.ExpectWord("COMPUTE");
  if (IsWord(cursor.Peek(), "DELTA")) {
    throw cursor.Unsupported("COMPUTE DELTA STATISTICS",
                             "files that are written anew, as by OPTIMIZE, have statistics");
  }
  cursor.ExpectWord("STATISTICS");
  if (cursor.TakeWords({"FOR", "COLUMNS"})) {
    const bool enclosed = cursor.TakeOperator('(');
    do {
      statement.columns.push_back(ParseColumnPath(cursor));
    } while (cursor.TakeOperator(','));
    if (enclosed) cursor.ExpectOperator(')');
  } else if (!cursor.TakeWords({"FOR", "ALL", "COLUMNS"})) {
    cursor.TakeWord("NOSCAN");
  }
  cursor.ExpectEnd();
  return statement;
}

std::optional<Refresh> ParseRefresh(Cursor& cursor) {
  Refresh statement;
  if (cursor.TakeWords({"CLEAR", "CACHE"})) {
    cursor.ExpectEnd();
    return statement;
  }
  const bool cache =
      cursor.TakeWords({"CACHE", "TABLE"}) || cursor.TakeWords({"CACHE", "LAZY", "TABLE"});
  if (!cache && cursor.TakeWords({"UNCACHE", "TABLE"})) {
    statement.if_exists = cursor.TakeWords({"IF", "EXISTS"});
  } else if (!cache && !cursor.TakeWords({"REFRESH", "TABLE"})) {
    return std::nullopt;
  }
  statement.table = ParseTarget(cursor);
  if (cache && cursor.TakeWord("OPTIONS")) ParseProperties(cursor);
  if (cache && !cursor.AtEnd()) {
    throw cursor.Unsupported("CACHE TABLE of a query", "use CREATE VIEW or CREATE TABLE AS");
  }
  cursor.ExpectEnd();
  return statement;
}

}  // namespace lakehouse::query::duckdb::dialect
