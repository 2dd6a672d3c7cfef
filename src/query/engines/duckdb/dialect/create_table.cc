#include "query/engines/duckdb/dialect/create_table.h"

#include <set>

#include "query/engines/duckdb/dialect/clauses.h"
#include "query/engines/duckdb/dialect/respell.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

void RefuseTableConstraint(const Cursor& cursor) {
  const bool call = IsOperator(cursor.Peek(1), '(');
  const bool constraint = (IsWord(cursor.Peek(), "PRIMARY") && IsWord(cursor.Peek(1), "KEY")) ||
                          (IsWord(cursor.Peek(), "FOREIGN") && IsWord(cursor.Peek(1), "KEY")) ||
                          (IsWord(cursor.Peek(), "UNIQUE") && call) ||
                          IsWord(cursor.Peek(), "CONSTRAINT") || IsWord(cursor.Peek(), "LIKE");
  if (constraint) {
    throw cursor.Unsupported(cursor.Peek().text + " in the list of columns",
                             "leave it out; CHECK constraints are kept");
  }
}

/// The columns and CHECK constraints in the parentheses that have been opened.
void Columns(Cursor& cursor, CreateTable& statement) {
  do {
    if (TakeCheck(cursor, statement.rules)) continue;
    RefuseTableConstraint(cursor);
    storage::Field field;
    field.name = cursor.Identifier("a column's name");
    field.type = ParseColumnType(cursor, field.name);
    ParseColumnClauses(cursor, {}, field, statement.rules);
    statement.schema.fields.push_back(std::move(field));
  } while (cursor.TakeOperator(','));
  if (statement.schema.fields.empty()) throw cursor.Expected("a column");
  cursor.ExpectOperator(')');
}

std::vector<std::string> PartitionColumns(Cursor& cursor) {
  std::vector<std::string> columns;
  cursor.ExpectOperator('(');
  do {
    columns.push_back(cursor.Identifier("a column's name"));
    if (IsOperator(cursor.Peek(), '(')) {
      throw cursor.Unsupported("the partition transform " + columns.back(),
                               "partition by columns only");
    }
    if (cursor.Peek().kind == TokenKind::kWord) {
      throw cursor.Unsupported("a type in PARTITIONED BY",
                               "declare the column in the list of columns");
    }
  } while (cursor.TakeOperator(','));
  cursor.ExpectOperator(')');
  return columns;
}

std::string Format(Cursor& cursor) {
  std::string format = cursor.Peek().text;
  if (!IsWord(cursor.Peek(), "DELTA")) {
    if (cursor.Peek().kind != TokenKind::kWord) throw cursor.Expected("DELTA");
    throw cursor.Unsupported("USING " + format, "tables are written as USING DELTA");
  }
  cursor.Take();
  return "delta";
}

/// One clause behind the columns; false when there is none.
bool Clause(Cursor& cursor, CreateTable& statement, std::set<std::string>& seen) {
  const auto take = [&](const std::string& keyword) {
    if (!IsWord(cursor.Peek(), keyword)) return false;
    if (!seen.insert(keyword).second) throw cursor.Expected("no second " + keyword);
    cursor.Take();
    return true;
  };
  if (take("USING")) {
    statement.format = Format(cursor);
  } else if (take("PARTITIONED")) {
    cursor.ExpectWord("BY");
    statement.partition_columns = PartitionColumns(cursor);
  } else if (take("TBLPROPERTIES")) {
    statement.properties = ParseProperties(cursor);
  } else if (take("CLUSTER")) {
    cursor.ExpectWord("BY");
    statement.cluster_by = ParseClusterBy(cursor);
  } else if (take("COMMENT")) {
    statement.comment = cursor.Text("the comment");
  } else if (take("LOCATION")) {
    statement.location = cursor.Text("the location");
    if (statement.location.empty())
      throw cursor.Expected("before this a location that is not empty");
  } else {
    return false;
  }
  return true;
}

void RefuseClause(const Cursor& cursor) {
  for (const std::string_view word : {"CLUSTERED", "SORTED", "OPTIONS", "WITH", "ROW", "STORED",
                                      "DEFAULT", "CLONE", "SHALLOW", "DEEP"}) {
    if (IsWord(cursor.Peek(), word)) {
      throw cursor.Unsupported(std::string(word) + " of CREATE TABLE", "leave it out");
    }
  }
}

/// The query behind AS, to the end of the statement.
std::string Query(std::string_view sql, Cursor& cursor, const std::vector<Token>& tokens) {
  const size_t last = tokens.size() - 1;
  const size_t first = cursor.position();
  if (first >= last) throw cursor.Expected("a query");
  if (last - first > 2 && IsWord(tokens[last - 1], "DATA") && IsWord(tokens[last - 2], "NO")) {
    throw cursor.Unsupported("WITH NO DATA", "add LIMIT 0 to the query");
  }
  std::string query = Respell(sql, tokens, first, last);
  cursor.MoveTo(last);
  return query;
}

}  // namespace

CreateTable ParseCreateTable(std::string_view sql, Cursor& cursor, const std::vector<Token>& tokens,
                             bool or_replace) {
  CreateTable statement;
  statement.or_replace = or_replace;
  statement.if_not_exists = cursor.TakeWords({"IF", "NOT", "EXISTS"});
  if (or_replace && statement.if_not_exists) {
    throw cursor.Expected("either OR REPLACE or IF NOT EXISTS; the table's name");
  }
  if (IsWord(cursor.Peek(), "DELTA") && IsOperator(cursor.Peek(1), '.') &&
      cursor.Peek(2).kind == TokenKind::kBacktickName && !IsOperator(cursor.Peek(3), '.')) {
    throw cursor.Unsupported("CREATE TABLE delta.`path`", "name the table and add LOCATION 'path'");
  }
  statement.name = cursor.Name("the table's name");
  const bool columns = cursor.TakeOperator('(');
  if (columns) Columns(cursor, statement);
  const bool like = !columns && cursor.TakeWord("LIKE");
  if (like) statement.like = cursor.Name("the name of the other table");
  std::set<std::string> seen;
  while (Clause(cursor, statement, seen)) {
  }
  RefuseClause(cursor);
  if (!like && cursor.TakeWord("AS")) {
    if (columns) {
      throw cursor.Unsupported("a list of columns together with AS SELECT",
                               "cast in the query, and name its columns there");
    }
    statement.as_select = Query(sql, cursor, tokens);
  } else if (!columns && !like && statement.location.empty()) {
    throw cursor.Expected("\"(\" and the columns, LIKE and a table, or AS and a query");
  }
  cursor.ExpectEnd();
  return statement;
}

}  // namespace lakehouse::query::duckdb::dialect
