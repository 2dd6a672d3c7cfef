#include "query/engines/duckdb/dialect/clauses.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace lakehouse::query::duckdb::dialect {
namespace {

constexpr size_t kMaxPathParts = 100;

// A word that ends the expression of a DEFAULT.
constexpr std::array<std::string_view, 11> kEndsDefault = {
    "COMMENT", "DEFAULT", "GENERATED", "CONSTRAINT", "CHECK",     "FIRST",
    "AFTER",   "PRIMARY", "UNIQUE",    "MASK",       "REFERENCES"};

std::string PropertyValue(Cursor& cursor) {
  if (cursor.Peek().kind == TokenKind::kString) return cursor.Text("a value");
  const std::string sign = cursor.TakeOperator('-') ? "-" : "";
  const bool number = cursor.Peek().kind == TokenKind::kNumber;
  const bool truth =
      sign.empty() && (IsWord(cursor.Peek(), "TRUE") || IsWord(cursor.Peek(), "FALSE"));
  if (!number && !truth) throw cursor.Expected("a text, a number, true or false");
  std::string value = sign + cursor.Take().text;
  for (char& c : value) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return value;
}

bool Opens(const Token& token) {
  return IsOperator(token, '(') || IsOperator(token, '[') || IsOperator(token, '{');
}

bool Closes(const Token& token) {
  return IsOperator(token, ')') || IsOperator(token, ']') || IsOperator(token, '}');
}

/// Moves over tokens until `ends` says so outside of every parenthesis that opened on the way.
template <typename Ends>
void Skip(Cursor& cursor, Ends ends) {
  for (int depth = 0; !cursor.AtEnd(); cursor.Take()) {
    if (depth == 0 && ends()) return;
    if (Opens(cursor.Peek())) ++depth;
    if (Closes(cursor.Peek())) --depth;
  }
}

bool EndsDefault(const Cursor& cursor, bool after_is) {
  const Token& token = cursor.Peek();
  if (IsOperator(token, ',') || IsOperator(token, ')')) return true;
  if (IsWord(token, "NOT")) return !after_is && IsWord(cursor.Peek(1), "NULL");
  const bool call = IsOperator(cursor.Peek(1), '(') && !IsWord(token, "CHECK");
  return !call && std::any_of(kEndsDefault.begin(), kEndsDefault.end(),
                              [&](auto word) { return IsWord(token, word); });
}

}  // namespace

void ParseTableName(Cursor& cursor, std::vector<std::string>& name, std::string& path) {
  if (IsWord(cursor.Peek(), "DELTA") && IsOperator(cursor.Peek(1), '.') &&
      cursor.Peek(2).kind == TokenKind::kBacktickName && !IsOperator(cursor.Peek(3), '.')) {
    cursor.Take();
    cursor.Take();
    path = cursor.Identifier("the table's path");
    return;
  }
  name = cursor.Name("the table's name");
}

storage::ColumnPath ParseColumnPath(Cursor& cursor) {
  storage::ColumnPath path = {cursor.Identifier("a column's name")};
  while (cursor.TakeOperator('.')) {
    if (path.size() == kMaxPathParts) throw cursor.Expected("a shorter path");
    path.push_back(cursor.Identifier("a column's name"));
  }
  return path;
}

std::vector<storage::ColumnPath> ParseColumnPaths(Cursor& cursor) {
  std::vector<storage::ColumnPath> columns;
  cursor.ExpectOperator('(');
  do {
    columns.push_back(ParseColumnPath(cursor));
  } while (cursor.TakeOperator(','));
  cursor.ExpectOperator(')');
  return columns;
}

std::string ParsePropertyKey(Cursor& cursor) {
  if (cursor.Peek().kind == TokenKind::kString) return cursor.Text("a key");
  std::string key = cursor.Identifier("a key");
  while (cursor.TakeOperator('.')) key += "." + cursor.Identifier("a key");
  return key;
}

std::map<std::string, std::string> ParseProperties(Cursor& cursor) {
  std::map<std::string, std::string> properties;
  cursor.ExpectOperator('(');
  do {
    const std::string key = ParsePropertyKey(cursor);
    cursor.TakeOperator('=');
    if (!properties.emplace(key, PropertyValue(cursor)).second) {
      throw cursor.Expected("each property once, not a second \"" + key + "\"; \",\" or \")\"");
    }
  } while (cursor.TakeOperator(','));
  cursor.ExpectOperator(')');
  return properties;
}

std::vector<std::string> ParsePropertyKeys(Cursor& cursor) {
  std::vector<std::string> keys;
  cursor.ExpectOperator('(');
  do {
    keys.push_back(ParsePropertyKey(cursor));
  } while (cursor.TakeOperator(','));
  cursor.ExpectOperator(')');
  return keys;
}

std::vector<storage::ColumnPath> ParseClusterBy(Cursor& cursor) {
  if (cursor.TakeWord("NONE")) return {};
  if (IsWord(cursor.Peek(), "AUTO")) {
    throw cursor.Unsupported("CLUSTER BY AUTO", "name the columns: CLUSTER BY (a, b)");
  }
  return ParseColumnPaths(cursor);
}

storage::ColumnPlace ParsePlace(Cursor& cursor) {
  if (cursor.TakeWord("FIRST")) return {storage::ColumnPlace::kFirst, ""};
  if (!cursor.TakeWord("AFTER")) return {};
  return {storage::ColumnPlace::kAfter, cursor.Identifier("a column's name")};
}

Rule ParseGroupedRule(Cursor& cursor, Rule::Kind kind) {
  cursor.ExpectOperator('(');
  Rule rule;
  rule.kind = kind;
  rule.place = cursor.Place();
  const size_t first = cursor.position();
  Skip(cursor, [&] { return IsOperator(cursor.Peek(), ')'); });
  rule.text = cursor.Between(first, cursor.position());
  if (rule.text.empty()) throw cursor.Expected("an expression");
  cursor.ExpectOperator(')');
  return rule;
}

Rule ParseOpenRule(Cursor& cursor, Rule::Kind kind) {
  Rule rule;
  rule.kind = kind;
  rule.place = cursor.Place();
  const size_t first = cursor.position();
  bool after_is = false;
  Skip(cursor, [&] {
    const bool ends = (cursor.position() > first || IsOperator(cursor.Peek(), ',') ||
                       IsOperator(cursor.Peek(), ')')) &&
                      EndsDefault(cursor, after_is);
    after_is = IsWord(cursor.Peek(), "IS");
    return ends;
  });
  rule.text = cursor.Between(first, cursor.position());
  if (rule.text.empty()) throw cursor.Expected("an expression");
  return rule;
}

bool TakeCheck(Cursor& cursor, std::vector<Rule>& rules) {
  std::string name;
  const bool named = IsWord(cursor.Peek(), "CONSTRAINT") && IsWord(cursor.Peek(2), "CHECK");
  if (named) {
    cursor.Take();
    name = cursor.Identifier("the constraint's name");
  }
  if (!named && !(IsWord(cursor.Peek(), "CHECK") && IsOperator(cursor.Peek(1), '('))) return false;
  cursor.ExpectWord("CHECK");
  Rule rule = ParseGroupedRule(cursor, Rule::kCheck);
  rule.name = std::move(name);
  rules.push_back(std::move(rule));
  if (IsWord(cursor.Peek(), "NOT") && IsWord(cursor.Peek(1), "ENFORCED")) {
    throw cursor.Unsupported("NOT ENFORCED of a constraint", "leave it out: constraints hold");
  }
  cursor.TakeWord("ENFORCED");
  return true;
}

}  // namespace lakehouse::query::duckdb::dialect
