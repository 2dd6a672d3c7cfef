#include "query/engines/duckdb/dialect/merge.h"

#include "query/engines/duckdb/dialect/clauses.h"
#include "query/engines/duckdb/dialect/respell.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

/// Moves to the keyword outside of parentheses.
void SkipTo(Cursor& cursor, std::string_view keyword) {
  for (int depth = 0; !cursor.AtEnd(); cursor.Take()) {
    if (depth == 0 && IsWord(cursor.Peek(), keyword)) return;
    if (IsOperator(cursor.Peek(), '(')) ++depth;
    if (IsOperator(cursor.Peek(), ')')) --depth;
  }
  throw cursor.Expected(std::string(keyword));
}

}  // namespace

std::optional<DuckSql> ParseEvolvingMerge(const std::string& sql,
                                          const std::vector<Token>& tokens) {
  Cursor cursor(sql, tokens);
  if (!cursor.TakeWords({"MERGE", "WITH"})) return std::nullopt;
  cursor.ExpectWord("SCHEMA");
  cursor.ExpectWord("EVOLUTION");
  cursor.ExpectWord("INTO");
  Evolution evolution;
  ParseTableName(cursor, evolution.name, evolution.path);
  SkipTo(cursor, "USING");
  cursor.Take();
  const size_t first = cursor.position();
  SkipTo(cursor, "ON");
  evolution.source = Respell(sql, tokens, first, cursor.position());
  std::string text = sql;
  for (size_t i = tokens[1].begin; i < tokens[3].end; ++i) {
    if (text[i] != '\n') text[i] = ' ';
  }
  return DuckSql{std::move(text), std::move(evolution)};
}

}  // namespace lakehouse::query::duckdb::dialect
