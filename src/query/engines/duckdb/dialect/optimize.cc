#include "query/engines/duckdb/dialect/optimize.h"

#include "query/engines/duckdb/dialect/cursor.h"
#include "query/engines/duckdb/dialect/respell.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

/// The condition up to the word `end`, or to the statement's end; empty without WHERE.
std::string ParseWhere(const std::string& sql, Cursor& cursor, const std::vector<Token>& tokens,
                       std::string_view end) {
  if (!cursor.TakeWord("WHERE")) return {};
  const size_t first = cursor.position();
  int depth = 0;
  while (!cursor.AtEnd()) {
    if (depth == 0 && IsWord(cursor.Peek(), end)) break;
    if (IsOperator(cursor.Peek(), '(')) ++depth;
    if (IsOperator(cursor.Peek(), ')')) --depth;
    cursor.Take();
  }
  if (cursor.position() == first) throw cursor.Expected("a condition");
  return Respell(sql, tokens, first, cursor.position());
}

std::vector<std::string> ParseColumn(Cursor& cursor) {
  std::vector<std::string> path = {cursor.Identifier("a column")};
  while (cursor.TakeOperator('.')) path.push_back(cursor.Identifier("a field"));
  return path;
}

}  // namespace

Optimize ParseOptimize(const std::string& sql, Cursor& cursor, const std::vector<Token>& tokens) {
  Optimize statement;
  cursor.TakeWord("TABLE");
  statement.table = ParseTarget(cursor);
  statement.full = cursor.TakeWord("FULL");
  statement.where = ParseWhere(sql, cursor, tokens, "ZORDER");
  if (cursor.TakeWord("ZORDER")) {
    cursor.ExpectWord("BY");
    const bool enclosed = cursor.TakeOperator('(');
    do {
      statement.zorder.push_back(ParseColumn(cursor));
    } while (cursor.TakeOperator(','));
    if (enclosed) cursor.ExpectOperator(')');
  }
  cursor.ExpectEnd();
  return statement;
}

Reorg ParseReorg(const std::string& sql, Cursor& cursor, const std::vector<Token>& tokens) {
  Reorg statement;
  statement.table = ParseTarget(cursor);
  statement.where = ParseWhere(sql, cursor, tokens, "APPLY");
  cursor.ExpectWord("APPLY");
  cursor.ExpectOperator('(');
  if (IsWord(cursor.Peek(), "UPGRADE")) {
    throw cursor.Unsupported("UPGRADE of REORG TABLE", "use APPLY (PURGE)");
  }
  cursor.ExpectWord("PURGE");
  cursor.ExpectOperator(')');
  cursor.ExpectEnd();
  return statement;
}

}  // namespace lakehouse::query::duckdb::dialect
