#pragma once

#include <optional>
#include <string>
#include <vector>

#include "query/engines/duckdb/dialect/maintenance.h"

namespace lakehouse::query::duckdb::dialect {

class Cursor;
struct Token;

/// OPTIMIZE t [FULL] [WHERE ..] [ZORDER BY (..)].
struct Optimize {
  TableTarget table;
  bool full = false;
  std::string where;                             ///< in DuckDB's spelling; empty: none
  std::vector<std::vector<std::string>> zorder;  ///< columns, each by its path
};

/// REORG TABLE t [WHERE ..] APPLY (PURGE).
struct Reorg {
  TableTarget table;
  std::string where;
};

/// What follows the word OPTIMIZE.
Optimize ParseOptimize(const std::string& sql, Cursor& cursor, const std::vector<Token>& tokens);

/// What follows the words REORG TABLE.
Reorg ParseReorg(const std::string& sql, Cursor& cursor, const std::vector<Token>& tokens);

}  // namespace lakehouse::query::duckdb::dialect
