#include "query/engines/duckdb/dialect/refused.h"

#include <string>
#include <vector>

#include "query/engines/duckdb/dialect/cursor.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

struct Refused {
  std::vector<std::string_view> words;  ///< at the start of the statement
  std::string_view hint;
};

const std::vector<Refused>& All() {
  static const std::vector<Refused> kAll = {
      {{"MSCK", "REPAIR", "TABLE"}, "the log of a Delta table knows its partitions"},
      {{"FSCK", "REPAIR", "TABLE"}, "RESTORE a version whose files are there"},
      {{"GENERATE"}, "readers of the table take its log, they need no manifest"},
      {{"UNDROP"}, "CREATE TABLE name LOCATION '...' names a table whose files are there"},
      {{"LOAD", "DATA"}, "use COPY INTO"},
      {{"CREATE", "EXTERNAL", "TABLE"}, "use CREATE TABLE with LOCATION"},
      {{"CREATE", "FUNCTION"}, "write the expression into the query"},
      {{"EXECUTE", "IMMEDIATE"}, "send the statement itself"}};
  return kAll;
}

bool Begins(const Cursor& cursor, const std::vector<std::string_view>& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (!IsWord(cursor.Peek(i), words[i])) return false;
  }
  return true;
}

/// TRUNCATE TABLE t PARTITION (..)
bool TruncatesPartition(const Cursor& cursor) {
  if (!IsWord(cursor.Peek(), "TRUNCATE")) return false;
  for (size_t i = 1; cursor.Peek(i).kind != TokenKind::kEnd; ++i) {
    if (IsWord(cursor.Peek(i), "PARTITION") && IsOperator(cursor.Peek(i + 1), '(')) return true;
  }
  return false;
}

}  // namespace

void RefuseStatement(const Cursor& cursor) {
  for (const auto& [words, hint] : All()) {
    if (!Begins(cursor, words)) continue;
    std::string name;
    for (const auto& word : words) name += (name.empty() ? "" : " ") + std::string(word);
    throw cursor.Unsupported(name, std::string(hint));
  }
  if (TruncatesPartition(cursor)) {
    throw cursor.Unsupported("PARTITION of TRUNCATE", "use DELETE FROM name WHERE column = value");
  }
}

}  // namespace lakehouse::query::duckdb::dialect
