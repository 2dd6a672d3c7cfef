#include <cstdint>
#include <string>

#include "base/error.h"
#include "query/engines/duckdb/dialect/dialect.h"

/// Any bytes are split and parsed, or refused with a typed error; a piece is itself one statement.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace dialect = lakehouse::query::duckdb::dialect;
  const std::string sql(reinterpret_cast<const char*>(data), size);
  for (const std::string& statement : dialect::SplitStatements(sql)) {
    if (statement.empty()) __builtin_trap();
    try {
      dialect::Parse(statement);
    } catch (const lakehouse::Error& error) {
      if (!error.code().starts_with("LK-40") && !error.code().starts_with("LK-35")) {
        __builtin_trap();
      }
    }
  }
  return 0;
}
