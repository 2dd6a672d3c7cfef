// What follows the type of a column.
#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>

#include "query/engines/duckdb/dialect/clauses.h"
#include "storage/field_keys.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

std::string Json(const Cursor& cursor, const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    throw cursor.Expected("before this a text in UTF-8");
  }
}

int64_t SignedNumber(Cursor& cursor) {
  std::string text = cursor.TakeOperator('-') ? "-" : "";
  text += cursor.Peek().text;
  int64_t value = 0;
  const auto [at, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (cursor.Peek().kind != TokenKind::kNumber || failed != std::errc() ||
      at != text.data() + text.size()) {
    throw cursor.Expected("a whole number of 64 bits");
  }
  cursor.Take();
  return value;
}

/// [(START WITH n INCREMENT BY m)], each part at most once and in any order.
void Identity(Cursor& cursor, storage::Field& field, bool explicit_insert) {
  int64_t start = 1;
  int64_t step = 1;
  if (cursor.TakeOperator('(')) {
    bool has_start = false;
    bool has_step = false;
    while (!cursor.TakeOperator(')')) {
      if (!has_start && cursor.TakeWord("START")) {
        cursor.TakeWord("WITH");
        start = SignedNumber(cursor);
        has_start = true;
      } else if (!has_step && cursor.TakeWord("INCREMENT")) {
        cursor.TakeWord("BY");
        step = SignedNumber(cursor);
        has_step = true;
      } else {
        throw cursor.Expected("START WITH n, INCREMENT BY n or \")\"");
      }
      cursor.TakeOperator(',');
    }
  }
  field.metadata[storage::kIdentityStartKey] = std::to_string(start);
  field.metadata[storage::kIdentityStepKey] = std::to_string(step);
  field.metadata[storage::kIdentityExplicitKey] = explicit_insert ? "true" : "false";
}

/// GENERATED was taken. True for an identity.
void Generated(Cursor& cursor, const storage::ColumnPath& path, storage::Field& field,
               std::vector<Rule>& rules) {
  const bool by_default = cursor.TakeWords({"BY", "DEFAULT"});
  if (!by_default) cursor.ExpectWord("ALWAYS");
  cursor.ExpectWord("AS");
  if (cursor.TakeWord("IDENTITY")) return Identity(cursor, field, by_default);
  if (by_default) throw cursor.Expected("IDENTITY");
  Rule rule = ParseGroupedRule(cursor, Rule::kGenerated);
  rule.column = path;
  field.metadata[storage::kGenerationKey] = Json(cursor, rule.text);
  rules.push_back(std::move(rule));
}

/// A column has one of DEFAULT, GENERATED and IDENTITY.
void RequireFirst(const Cursor& cursor, const storage::Field& field) {
  const auto& metadata = field.metadata;
  if (metadata.count(storage::kDefaultKey) + metadata.count(storage::kGenerationKey) +
          metadata.count(storage::kIdentityStartKey) >
      0) {
    throw cursor.Expected(
        "one of DEFAULT, GENERATED and IDENTITY for a column, and only once;"
        " \",\" or \")\"");
  }
}

/// One clause; false when there is none.
bool Clause(Cursor& cursor, const storage::ColumnPath& path, storage::Field& field,
            std::vector<Rule>& rules) {
  if (cursor.TakeWords({"NOT", "NULL"})) {
    field.nullable = false;
  } else if (cursor.TakeWord("NULL")) {
    field.nullable = true;
  } else if (cursor.TakeWord("COMMENT")) {
    field.metadata[storage::kCommentKey] = Json(cursor, cursor.Text("the comment"));
  } else if (IsWord(cursor.Peek(), "DEFAULT")) {
    RequireFirst(cursor, field);
    cursor.Take();
    Rule rule = ParseOpenRule(cursor, Rule::kDefault);
    rule.column = path;
    field.metadata[storage::kDefaultKey] = Json(cursor, rule.text);
    rules.push_back(std::move(rule));
  } else if (IsWord(cursor.Peek(), "GENERATED")) {
    RequireFirst(cursor, field);
    cursor.Take();
    Generated(cursor, path, field, rules);
  } else {
    return TakeCheck(cursor, rules);
  }
  return true;
}

}  // namespace

void ParseColumnClauses(Cursor& cursor, const storage::ColumnPath& parent, storage::Field& field,
                        std::vector<Rule>& rules) {
  storage::ColumnPath path = parent;
  path.push_back(field.name);
  while (Clause(cursor, path, field, rules)) {
  }
  const Token& next = cursor.Peek();
  if (next.kind != TokenKind::kWord || IsWord(next, "FIRST") || IsWord(next, "AFTER")) return;
  std::string word = next.text;
  for (char& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  throw cursor.Unsupported(word + " on column \"" + field.name + "\"",
                           "NOT NULL, COMMENT, DEFAULT, GENERATED and CHECK may follow a column's "
                           "type");
}

}  // namespace lakehouse::query::duckdb::dialect
