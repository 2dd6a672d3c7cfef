#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/schema.h"

/// The statements that DuckDB's grammar lacks, and Spark's spellings of the others. See README.md
/// for every spelling and what it becomes. All functions are pure and thread-safe.
namespace lakehouse::query::duckdb::dialect {

/// Longest statement text, in bytes, and deepest nesting of a type.
inline constexpr size_t kMaxStatementBytes = size_t{16} << 20;
inline constexpr int kMaxTypeDepth = 100;

/// Names are one to three parts, unquoted, in the case that was written.
struct CreateTable {
  std::vector<std::string> name;
  bool if_not_exists = false;
  bool or_replace = false;
  std::string format = "delta";
  storage::Schema schema;  ///< empty with as_select
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> properties;
  std::string comment;
  std::string location;
  std::string as_select;  ///< DuckDB SQL; empty: none
};

struct CreateSchema {
  std::vector<std::string> name;
  bool if_not_exists = false;
  std::string comment;
};

struct Describe {
  enum What { kTable, kDetail, kHistory } what = kTable;
  std::vector<std::string> name;  ///< empty when path is set
  std::string path;               ///< of delta.`path`
  bool extended = false;
  std::optional<int64_t> limit;
};

struct Show {
  enum What { kCatalogs, kSchemas, kTables, kViews, kColumns, kCreateTable, kTblProperties };
  What what = kTables;
  std::vector<std::string> name;  ///< what follows IN, FROM or the keywords; may be empty
  std::string like;               ///< pattern as written; empty: none
};

struct DropTable {
  std::vector<std::string> name;
  bool view = false;
  bool if_exists = false;
  bool purge = false;
};

/// A statement for DuckDB's own parser, in DuckDB's spelling.
struct DuckSql {
  std::string sql;
  bool overwrite = false;  ///< an INSERT whose rows take the place of the table's
};

using Statement = std::variant<DuckSql, CreateTable, CreateSchema, Describe, Show, DropTable>;

/// Parses one statement; a closing semicolon is allowed. Errors: InvalidArgument LK-4001 with
/// "line:column" in the message, Unsupported LK-4012 for a construct that is refused by name.
Statement Parse(const std::string& sql);

/// The statements of a script without their semicolons, blank ones left out. Quotes, comments and
/// dollar quotes are respected. A statement with an open quote or comment is returned as it is, as
/// the last one, for Parse to explain.
std::vector<std::string> SplitStatements(const std::string& sql);

}  // namespace lakehouse::query::duckdb::dialect
