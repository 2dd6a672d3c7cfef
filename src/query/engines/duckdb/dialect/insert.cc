#include "query/engines/duckdb/dialect/insert.h"

#include "query/engines/duckdb/dialect/clauses.h"
#include "query/engines/duckdb/dialect/respell.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

/// (p = 1, q)
std::vector<InsertRows::Partition> Partitions(Cursor& cursor) {
  std::vector<InsertRows::Partition> partitions;
  cursor.ExpectOperator('(');
  do {
    InsertRows::Partition partition;
    partition.column = cursor.Identifier("a partition column");
    if (cursor.TakeOperator('=')) {
      partition.value = ParseOpenRule(cursor, Rule::kDefault).text;
      if (partition.value->find_first_of("?$") != std::string::npos) {
        throw cursor.Unsupported("a parameter as the value of a partition",
                                 "select the column with the others");
      }
    }
    partitions.push_back(std::move(partition));
  } while (cursor.TakeOperator(','));
  cursor.ExpectOperator(')');
  if (IsWord(cursor.Peek(), "IF")) {
    throw cursor.Unsupported("IF NOT EXISTS of INSERT", "leave it out");
  }
  return partitions;
}

bool BeginsQuery(const Cursor& cursor) {
  for (const std::string_view word : {"SELECT", "VALUES", "TABLE", "FROM", "WITH"}) {
    if (IsWord(cursor.Peek(), word)) return true;
  }
  return false;
}

/// The condition of REPLACE WHERE, up to the query.
std::pair<size_t, size_t> Condition(Cursor& cursor) {
  const size_t first = cursor.position();
  int depth = 0;
  bool after_distinct = false;
  while (!cursor.AtEnd() && (depth > 0 || after_distinct || !BeginsQuery(cursor))) {
    const Token& token = cursor.Peek();
    after_distinct = IsWord(token, "DISTINCT");
    if (IsOperator(token, '(')) ++depth;
    if (IsOperator(token, ')')) --depth;
    cursor.Take();
  }
  if (cursor.position() == first) throw cursor.Expected("a condition");
  if (cursor.AtEnd()) throw cursor.Expected("SELECT, VALUES, TABLE, FROM or WITH");
  return {first, cursor.position()};
}

/// The clauses between the table's name and its rows; true when one needs the table's columns.
bool Clauses(std::string_view sql, Cursor& cursor, const std::vector<Token>& tokens,
             InsertRows& insert) {
  if (IsWord(cursor.Peek(), "PARTITION") && IsOperator(cursor.Peek(1), '(')) {
    cursor.Take();
    insert.partitions = Partitions(cursor);
  }
  const bool columns = IsOperator(cursor.Peek(), '(') && !IsWord(cursor.Peek(1), "SELECT") &&
                       !IsWord(cursor.Peek(1), "WITH") && !IsWord(cursor.Peek(1), "VALUES") &&
                       !IsWord(cursor.Peek(1), "FROM") && !IsOperator(cursor.Peek(1), '(');
  if (columns) {
    cursor.Take();
    do {
      insert.columns.push_back(cursor.Identifier("a column's name"));
    } while (cursor.TakeOperator(','));
    cursor.ExpectOperator(')');
  }
  insert.by_name = cursor.TakeWords({"BY", "NAME"});
  if (IsWord(cursor.Peek(), "REPLACE")) {
    cursor.Take();
    if (!cursor.TakeWord("WHERE")) {
      throw cursor.Unsupported("REPLACE " + cursor.Peek().text + " of INSERT",
                               "use REPLACE WHERE and a condition");
    }
    if (insert.overwrite || !insert.partitions.empty() || insert.by_name) {
      throw cursor.Unsupported("REPLACE WHERE together with OVERWRITE, PARTITION or BY NAME",
                               "use INSERT INTO name REPLACE WHERE");
    }
    const auto [first, last] = Condition(cursor);
    insert.replace_where = Respell(sql, tokens, first, last);
    insert.replace_where_text = cursor.Between(first, last);
  }
  return !insert.partitions.empty() || !insert.replace_where.empty() || (insert.by_name && columns);
}

bool IsName(const Token& token) {
  return token.kind == TokenKind::kWord || token.kind == TokenKind::kQuotedName ||
         token.kind == TokenKind::kBacktickName;
}

/// A statement that the engine runs as INSERT INTO name ..., whose tokens keep their places, so
/// that errors of the engine point to where they were written.
DuckSql Spaced(std::string_view sql, const std::vector<Token>& tokens, size_t name) {
  std::string start = std::string(sql.substr(0, tokens[1].begin)) + "INTO";
  while (start.size() < tokens[name].begin) start += sql[start.size()] == '\n' ? '\n' : ' ';
  return DuckSql{start + Respell(sql, tokens, name, tokens.size() - 1)};
}

}  // namespace

std::optional<Statement> ParseInsert(std::string_view sql, Cursor& cursor,
                                     const std::vector<Token>& tokens, bool evolve) {
  InsertRows insert;
  insert.evolve = cursor.TakeWords({"WITH", "SCHEMA", "EVOLUTION"});
  insert.overwrite = cursor.TakeWord("OVERWRITE");
  if (!insert.overwrite && !cursor.TakeWord("INTO")) return std::nullopt;
  if (insert.overwrite && (IsWord(cursor.Peek(), "DIRECTORY") || IsWord(cursor.Peek(), "LOCAL"))) {
    throw cursor.Unsupported("INSERT OVERWRITE DIRECTORY", "insert into a table");
  }
  const bool keyword = IsWord(cursor.Peek(), "TABLE") && IsName(cursor.Peek(1));
  if (keyword || (insert.overwrite && IsWord(cursor.Peek(), "INTO"))) cursor.Take();
  const size_t name = cursor.position();
  ParseTableName(cursor, insert.name, insert.path);
  const bool needs_columns = Clauses(sql, cursor, tokens, insert);
  // VALUES have no names that columns could get.
  if (evolve && !insert.evolve && BeginsQuery(cursor) && !IsWord(cursor.Peek(), "VALUES")) {
    insert.evolve = insert.automatic = true;
  }
  if (!needs_columns && !insert.evolve && !insert.overwrite) return Spaced(sql, tokens, name);
  insert.plain = needs_columns ? "" : Spaced(sql, tokens, name).sql;
  if (cursor.AtEnd()) throw cursor.Expected("a query or VALUES");
  insert.rows = Respell(sql, tokens, cursor.position(), tokens.size() - 1);
  return insert;
}

}  // namespace lakehouse::query::duckdb::dialect
