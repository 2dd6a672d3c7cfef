#include "query/engines/duckdb/dialect/isolation.h"

namespace lakehouse::query::duckdb::dialect {

std::optional<std::string> ParseIsolation(Cursor& cursor) {
  std::string setting;
  if (cursor.TakeWords({"SET", "TRANSACTION", "ISOLATION", "LEVEL"})) {
    setting = "transaction_isolation";
  } else if (cursor.TakeWords({"SET", "SESSION", "CHARACTERISTICS", "AS", "TRANSACTION",
                               "ISOLATION", "LEVEL"})) {
    setting = "default_transaction_isolation";
  } else {
    return std::nullopt;
  }
  std::string level;
  while (cursor.Peek().kind == TokenKind::kWord) {
    level += (level.empty() ? "" : " ") + cursor.Take().text;
  }
  if (level.empty()) throw cursor.Expected("an isolation level");
  cursor.ExpectEnd();
  return "SET " + setting + " = '" + level + "'";
}

}  // namespace lakehouse::query::duckdb::dialect
