#include "query/engines/duckdb/dialect/maintenance.h"

#include <cctype>
#include <charconv>
#include <cmath>

#include "query/engines/duckdb/dialect/cursor.h"
#include "query/engines/duckdb/dialect/dialect.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

/// More hours than these are no retention but a mistake.
constexpr double kMaxHours = 1e7;

bool IsPathOf(const Cursor& cursor, std::string_view format) {
  return IsWord(cursor.Peek(), format) && IsOperator(cursor.Peek(1), '.') &&
         cursor.Peek(2).kind == TokenKind::kBacktickName && !IsOperator(cursor.Peek(3), '.');
}

std::string TakePath(Cursor& cursor) {
  cursor.Take();
  cursor.Take();
  return cursor.Identifier("the table's path");
}

template <typename Number>
Number TakeNumber(Cursor& cursor, const char* what) {
  const std::string& text = cursor.Peek().text;
  Number number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = failure == std::errc() && end == text.data() + text.size();
  if (cursor.Peek().kind != TokenKind::kNumber || !whole || number < 0) throw cursor.Expected(what);
  cursor.Take();
  return number;
}

bool EndsTime(const Cursor& cursor) {
  return cursor.AtEnd() || IsWord(cursor.Peek(), "TBLPROPERTIES") ||
         IsWord(cursor.Peek(), "LOCATION");
}

/// '...', or an expression up to the next clause.
void ParseTime(Cursor& cursor, AsOf& as_of) {
  const size_t first = cursor.position();
  cursor.TakeWord("TIMESTAMP");  // a literal with its type
  if (cursor.Peek().kind == TokenKind::kString) {
    as_of.timestamp = cursor.Text("the time");
    if (as_of.timestamp.empty()) throw cursor.Expected("before this a time");
    if (EndsTime(cursor)) return;
  }
  as_of.timestamp.clear();
  cursor.MoveTo(first);
  for (int depth = 0; !cursor.AtEnd() && (depth > 0 || !EndsTime(cursor)); cursor.Take()) {
    if (IsOperator(cursor.Peek(), '(')) ++depth;
    if (IsOperator(cursor.Peek(), ')')) --depth;
  }
  if (cursor.position() == first) throw cursor.Expected("a time");
  as_of.expression = RespellExpression(cursor.Between(first, cursor.position()));
}

/// [FOR] VERSION | TIMESTAMP AS OF ..., or nothing.
AsOf ParseAsOf(Cursor& cursor) {
  AsOf as_of;
  cursor.TakeWord("FOR");
  if (cursor.TakeWords({"VERSION", "AS", "OF"})) {
    as_of.version = TakeNumber<int64_t>(cursor, "a version");
  } else if (cursor.TakeWords({"TIMESTAMP", "AS", "OF"})) {
    ParseTime(cursor, as_of);
  }
  return as_of;
}

bool IsSaid(const AsOf& as_of) {
  return as_of.version || !as_of.timestamp.empty() || !as_of.expression.empty();
}

Vacuum ParseVacuum(Cursor& cursor) {
  Vacuum statement;
  cursor.TakeWord("TABLE");
  statement.table = ParseTarget(cursor);
  bool full = false;
  while (!cursor.AtEnd()) {
    if (!full && !statement.lite && cursor.TakeWord("FULL")) {
      full = true;
    } else if (!full && !statement.lite && cursor.TakeWord("LITE")) {
      statement.lite = true;
    } else if (!statement.retain_hours && cursor.TakeWord("RETAIN")) {
      statement.retain_hours = TakeNumber<double>(cursor, "a number of hours");
      if (!(*statement.retain_hours <= kMaxHours)) throw cursor.Expected("before this fewer hours");
      if (!cursor.TakeWord("HOUR")) cursor.ExpectWord("HOURS");
    } else if (!statement.dry_run && cursor.TakeWords({"DRY", "RUN"})) {
      statement.dry_run = true;
    } else if (IsWord(cursor.Peek(), "USING")) {
      throw cursor.Unsupported("VACUUM with an inventory", "leave USING INVENTORY out");
    } else {
      throw cursor.Expected("FULL, LITE, RETAIN n HOURS, DRY RUN or the end of the statement");
    }
  }
  return statement;
}

Restore ParseRestore(Cursor& cursor) {
  Restore statement;
  const TokenKind next = cursor.Peek(1).kind;
  if (next != TokenKind::kOperator && !IsWord(cursor.Peek(1), "TO")) cursor.TakeWord("TABLE");
  statement.table = ParseTarget(cursor);
  cursor.TakeWord("TO");
  statement.to = ParseAsOf(cursor);
  if (!IsSaid(statement.to)) throw cursor.Expected("VERSION AS OF or TIMESTAMP AS OF");
  cursor.ExpectEnd();
  return statement;
}

std::string TakeKey(Cursor& cursor) {
  if (cursor.Peek().kind == TokenKind::kString) return cursor.Text("a key");
  std::string key = cursor.Identifier("a key");
  while (cursor.TakeOperator('.')) key += "." + cursor.Identifier("a key");
  return key;
}

std::string TakeValue(Cursor& cursor) {
  if (cursor.Peek().kind == TokenKind::kString) return cursor.Text("a value");
  const bool truth = IsWord(cursor.Peek(), "TRUE") || IsWord(cursor.Peek(), "FALSE");
  if (!truth && cursor.Peek().kind != TokenKind::kNumber) {
    throw cursor.Expected("a text, a number, true or false");
  }
  std::string value = cursor.Take().text;
  for (char& c : value) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return value;
}

std::map<std::string, std::string> TakeProperties(Cursor& cursor) {
  std::map<std::string, std::string> properties;
  cursor.ExpectOperator('(');
  do {
    const std::string key = TakeKey(cursor);
    cursor.TakeOperator('=');
    if (!properties.emplace(key, TakeValue(cursor)).second) {
      throw cursor.Expected("each property once, not a second \"" + key + "\"; \",\" or \")\"");
    }
  } while (cursor.TakeOperator(','));
  cursor.ExpectOperator(')');
  return properties;
}

/// Nothing when it is another CREATE TABLE.
std::optional<CloneTable> ParseClone(Cursor& cursor) {
  CloneTable statement;
  statement.or_replace = cursor.TakeWords({"CREATE", "OR", "REPLACE", "TABLE"});
  if (!statement.or_replace && !cursor.TakeWords({"CREATE", "TABLE"})) return std::nullopt;
  statement.if_not_exists = cursor.TakeWords({"IF", "NOT", "EXISTS"});
  const bool name = cursor.Peek().kind == TokenKind::kWord ||
                    cursor.Peek().kind == TokenKind::kQuotedName ||
                    cursor.Peek().kind == TokenKind::kBacktickName;
  if (!name) return std::nullopt;
  size_t length = 1;  // of the name, in tokens
  while (IsOperator(cursor.Peek(length), '.')) length += 2;
  const bool kind = IsWord(cursor.Peek(length), "SHALLOW") || IsWord(cursor.Peek(length), "DEEP");
  if (!IsWord(cursor.Peek(length + (kind ? 1 : 0)), "CLONE")) return std::nullopt;
  if (statement.or_replace && statement.if_not_exists) {
    throw cursor.Expected("OR REPLACE or IF NOT EXISTS, not both;");
  }
  statement.target = ParseTarget(cursor);
  statement.shallow = cursor.TakeWord("SHALLOW");
  if (!statement.shallow) cursor.TakeWord("DEEP");
  cursor.ExpectWord("CLONE");
  statement.source = ParseTarget(cursor);
  statement.as_of = ParseAsOf(cursor);
  while (!cursor.AtEnd()) {
    if (statement.properties.empty() && cursor.TakeWord("TBLPROPERTIES")) {
      statement.properties = TakeProperties(cursor);
    } else if (statement.location.empty() && cursor.TakeWord("LOCATION")) {
      statement.location = cursor.Text("the location");
      if (statement.location.empty()) throw cursor.Expected("before this a location");
    } else {
      throw cursor.Expected("TBLPROPERTIES, LOCATION or the end of the statement");
    }
  }
  return statement;
}

ConvertToDelta ParseConvert(Cursor& cursor) {
  ConvertToDelta statement;
  if (!IsPathOf(cursor, "PARQUET")) {
    throw cursor.Unsupported("CONVERT TO DELTA of anything but parquet.`path`",
                             "name the folder of the Parquet files");
  }
  statement.path = TakePath(cursor);
  if (cursor.TakeWords({"NO", "STATISTICS"})) statement.statistics = false;
  if (cursor.TakeWord("PARTITIONED")) {
    cursor.ExpectWord("BY");
    cursor.ExpectOperator('(');
    do {
      storage::Field column;
      column.name = cursor.Identifier("a column's name");
      column.type = ParseColumnType(cursor, column.name);
      if (column.type->is_nested()) throw cursor.Expected("before this a type that is not nested");
      statement.partition_columns.fields.push_back(std::move(column));
    } while (cursor.TakeOperator(','));
    cursor.ExpectOperator(')');
  }
  cursor.ExpectEnd();
  return statement;
}

}  // namespace

TableTarget ParseTarget(Cursor& cursor) {
  TableTarget target;
  if (IsPathOf(cursor, "DELTA")) {
    target.path = TakePath(cursor);
  } else if (cursor.Peek().kind == TokenKind::kString) {
    target.path = cursor.Text("the table's path");
    if (target.path.empty()) throw cursor.Expected("a path that is not empty");
  } else {
    target.name = cursor.Name("the table's name");
  }
  return target;
}

std::optional<Maintenance> ParseMaintenance(Cursor& cursor) {
  const size_t start = cursor.position();
  // DuckDB has a VACUUM of its own, which says nothing of a table of ours.
  if (IsWord(cursor.Peek(), "VACUUM") && cursor.Peek(1).kind != TokenKind::kEnd) {
    cursor.Take();
    return ParseVacuum(cursor);
  }
  if (IsWord(cursor.Peek(), "RESTORE")) {
    cursor.Take();
    return ParseRestore(cursor);
  }
  if (cursor.TakeWords({"CONVERT", "TO", "DELTA"})) return ParseConvert(cursor);
  if (auto clone = ParseClone(cursor)) return *std::move(clone);
  cursor.MoveTo(start);
  return std::nullopt;
}

}  // namespace lakehouse::query::duckdb::dialect
