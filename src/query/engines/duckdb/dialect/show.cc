#include "query/engines/duckdb/dialect/show.h"

#include <charconv>

#include "query/engines/duckdb/dialect/clauses.h"
#include "query/engines/duckdb/dialect/cursor.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

/// True when the word at the cursor is a keyword and not itself the described table's name.
bool TakeLeadingWord(Cursor& cursor, std::string_view keyword) {
  const bool alone = cursor.Peek(1).kind == TokenKind::kEnd || IsOperator(cursor.Peek(1), '.');
  return !alone && cursor.TakeWord(keyword);
}

int64_t WholeNumber(Cursor& cursor) {
  const std::string& text = cursor.Peek().text;
  int64_t number = 0;
  const auto [at, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || at != text.data() + text.size()) {
    throw cursor.Expected("a whole number");
  }
  cursor.Take();
  return number;
}

/// ('key')
std::string Key(Cursor& cursor) {
  cursor.ExpectOperator('(');
  std::string key = ParsePropertyKey(cursor);
  cursor.ExpectOperator(')');
  return key;
}

/// (column = constant, ...)
std::map<std::string, std::optional<std::string>> PartitionValues(Cursor& cursor) {
  std::map<std::string, std::optional<std::string>> values;
  cursor.ExpectOperator('(');
  do {
    const std::string column = cursor.Identifier("a partition column");
    cursor.ExpectOperator('=');
    std::optional<std::string> value;
    const std::string sign = cursor.TakeOperator('-') ? "-" : "";
    const bool typed = IsWord(cursor.Peek(), "DATE") || IsWord(cursor.Peek(), "TIMESTAMP");
    if (typed && cursor.Peek(1).kind == TokenKind::kString) cursor.Take();
    const bool truth = IsWord(cursor.Peek(), "TRUE") || IsWord(cursor.Peek(), "FALSE");
    if (truth || cursor.Peek().kind == TokenKind::kNumber) {
      value = sign + cursor.Take().text;
    } else if (!cursor.TakeWord("NULL")) {
      value = cursor.Text("a constant");
    }
    if (!values.emplace(column, value).second) throw cursor.Expected("before this another column");
  } while (cursor.TakeOperator(','));
  cursor.ExpectOperator(')');
  return values;
}

/// SHOW of what one table has; false when it is another one.
bool OfTable(Cursor& cursor, Show& statement) {
  if (cursor.TakeWord("COLUMNS")) {
    statement.what = Show::kColumns;
    if (!cursor.TakeWord("IN")) cursor.ExpectWord("FROM");
    statement.name = cursor.Name("the table's name");
    if (cursor.TakeWord("IN") || cursor.TakeWord("FROM")) {
      auto schema = cursor.Name("the schema's name");
      schema.push_back(statement.name.back());
      statement.name = std::move(schema);
    }
    return true;
  }
  if (cursor.TakeWords({"CREATE", "TABLE"})) {
    statement.what = Show::kCreateTable;
    statement.name = cursor.Name("the table's name");
  } else if (cursor.TakeWord("TBLPROPERTIES")) {
    statement.what = Show::kTblProperties;
    ParseTableName(cursor, statement.name, statement.path);
    if (IsOperator(cursor.Peek(), '(')) statement.key = Key(cursor);
  } else if (cursor.TakeWord("PARTITIONS")) {
    statement.what = Show::kPartitions;
    ParseTableName(cursor, statement.name, statement.path);
    if (cursor.TakeWord("PARTITION")) statement.partition = PartitionValues(cursor);
  } else {
    return false;
  }
  cursor.ExpectEnd();
  return true;
}

bool TakeCurrent(Cursor& cursor) {
  return cursor.TakeWords({"CURRENT", "SCHEMA"}) || cursor.TakeWords({"CURRENT", "DATABASE"}) ||
         cursor.TakeWords({"CURRENT", "NAMESPACE"});
}

void Refuse(const Cursor& cursor) {
  const bool table = IsWord(cursor.Peek(), "TABLE") && IsWord(cursor.Peek(1), "EXTENDED");
  if (table) throw cursor.Unsupported("SHOW TABLE EXTENDED", "use DESCRIBE DETAIL");
  if (IsWord(cursor.Peek(), "FUNCTIONS")) {
    throw cursor.Unsupported("SHOW FUNCTIONS", "use SELECT function_name FROM duckdb_functions()");
  }
}

}  // namespace

std::optional<Show> ParseShow(Cursor& cursor) {
  Show statement;
  if (!OfTable(cursor, statement)) {
    if (cursor.TakeWord("CATALOGS")) {
      statement.what = Show::kCatalogs;
    } else if (cursor.TakeWord("SCHEMAS") || cursor.TakeWord("DATABASES")) {
      statement.what = Show::kSchemas;
    } else if (cursor.TakeWord("TABLES")) {
      statement.what = Show::kTables;
    } else if (cursor.TakeWord("VIEWS")) {
      statement.what = Show::kViews;
    } else if (TakeCurrent(cursor)) {
      statement.what = Show::kCurrent;
      cursor.ExpectEnd();
    } else {
      Refuse(cursor);
      return std::nullopt;
    }
    const bool in =
        statement.what != Show::kCatalogs && (cursor.TakeWord("IN") || cursor.TakeWord("FROM"));
    if (in) statement.name = cursor.Name("a name");
  }
  if (cursor.AtEnd()) return statement;
  if (cursor.TakeWord("LIKE") || cursor.Peek().kind == TokenKind::kString) {
    statement.like = cursor.Text("the pattern");
  }
  cursor.ExpectEnd();
  return statement;
}

Describe ParseDescribe(Cursor& cursor) {
  Describe statement;
  for (const std::string_view word : {"CATALOG", "FUNCTION", "QUERY", "VOLUME"}) {
    const TokenKind next = cursor.Peek(1).kind;
    if (IsWord(cursor.Peek(), word) && next != TokenKind::kEnd && next != TokenKind::kOperator) {
      throw cursor.Unsupported("DESCRIBE " + std::string(word),
                               "describe a table, or use DESCRIBE SELECT ...");
    }
  }
  if (TakeLeadingWord(cursor, "SCHEMA") || TakeLeadingWord(cursor, "DATABASE")) {
    statement.what = Describe::kSchema;
    statement.extended = TakeLeadingWord(cursor, "EXTENDED");
    statement.name = cursor.Name("the schema's name");
    if (statement.name.size() > 2) throw cursor.Expected("a schema's name of one or two parts");
    cursor.ExpectEnd();
    return statement;
  }
  if (TakeLeadingWord(cursor, "DETAIL")) {
    statement.what = Describe::kDetail;
  } else if (TakeLeadingWord(cursor, "HISTORY")) {
    statement.what = Describe::kHistory;
  } else {
    TakeLeadingWord(cursor, "TABLE");
    statement.extended =
        TakeLeadingWord(cursor, "EXTENDED") || TakeLeadingWord(cursor, "FORMATTED");
  }
  ParseTableName(cursor, statement.name, statement.path);
  if (statement.what == Describe::kHistory && cursor.TakeWord("LIMIT")) {
    statement.limit = WholeNumber(cursor);
  }
  const bool more = !cursor.AtEnd() && cursor.Peek().kind != TokenKind::kOperator;
  if (more && (statement.what != Describe::kTable || IsWord(cursor.Peek(), "PARTITION"))) {
    throw cursor.Unsupported("\"" + cursor.Peek().text + "\" after DESCRIBE of a table",
                             "DESCRIBE takes a table, and one of its columns");
  }
  if (more) statement.column = ParseColumnPath(cursor);
  cursor.ExpectEnd();
  return statement;
}

}  // namespace lakehouse::query::duckdb::dialect
