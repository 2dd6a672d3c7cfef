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

/// Is there an UPDATE SET * or an INSERT *?
bool HasStar(const std::vector<Token>& tokens) {
  for (size_t i = 1; i + 1 < tokens.size(); ++i) {
    const bool set = IsWord(tokens[i], "SET") && IsWord(tokens[i - 1], "UPDATE");
    const bool insert = IsWord(tokens[i], "INSERT") && IsWord(tokens[i - 1], "THEN");
    if ((set || insert) && IsOperator(tokens[i + 1], '*')) return true;
  }
  return false;
}

}  // namespace

std::optional<DuckSql> ParseEvolvingMerge(const std::string& sql, const std::vector<Token>& tokens,
                                          bool evolve) {
  Cursor cursor(sql, tokens);
  Evolution evolution;
  if (evolve && HasStar(tokens) && cursor.TakeWords({"MERGE", "INTO"})) {
    evolution.automatic = true;
  } else {
    if (!cursor.TakeWords({"MERGE", "WITH"})) return std::nullopt;
    cursor.ExpectWord("SCHEMA");
    cursor.ExpectWord("EVOLUTION");
    cursor.ExpectWord("INTO");
  }
  ParseTableName(cursor, evolution.name, evolution.path);
  SkipTo(cursor, "USING");
  cursor.Take();
  const size_t first = cursor.position();
  SkipTo(cursor, "ON");
  evolution.source = Respell(sql, tokens, first, cursor.position());
  std::string text = sql;
  if (evolution.automatic) return DuckSql{std::move(text), std::move(evolution)};
  for (size_t i = tokens[1].begin; i < tokens[3].end; ++i) {
    if (text[i] != '\n') text[i] = ' ';
  }
  return DuckSql{std::move(text), std::move(evolution)};
}

}  // namespace lakehouse::query::duckdb::dialect
