#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "query/engines/duckdb/dialect/analyze.h"
#include "query/engines/duckdb/dialect/assignments.h"
#include "query/engines/duckdb/dialect/definitions.h"
#include "query/engines/duckdb/dialect/maintenance.h"
#include "query/engines/duckdb/dialect/optimize.h"

/// The statements that DuckDB's grammar lacks, and Spark's spellings of the others. See README.md
/// for every spelling and what it becomes. All functions are pure and thread-safe.
namespace lakehouse::query::duckdb::dialect {

/// Longest statement text, in bytes, and deepest nesting of a type.
inline constexpr size_t kMaxStatementBytes = size_t{16} << 20;
inline constexpr int kMaxTypeDepth = 100;

struct CreateSchema {
  std::vector<std::string> name;
  bool if_not_exists = false;
  std::string comment;
};

struct Describe {
  enum What { kTable, kDetail, kHistory, kSchema } what = kTable;
  std::vector<std::string> name;  ///< empty when path is set; of kSchema, the schema's
  std::string path;               ///< of delta.`path`
  bool extended = false;
  std::optional<int64_t> limit;
  storage::ColumnPath column;  ///< of DESCRIBE t column; empty: all of the table
};

struct Show {
  enum What {
    kCatalogs,
    kSchemas,
    kTables,
    kViews,
    kColumns,
    kCreateTable,
    kTblProperties,
    kPartitions,
    kCurrent  ///< SHOW CURRENT SCHEMA
  };
  What what = kTables;
  std::vector<std::string> name;  ///< what follows IN, FROM or the keywords; may be empty
  std::string path = {};          ///< of kTblProperties and kPartitions: delta.`path`
  std::string like = {};          ///< pattern as written; empty: none
  std::string key = {};           ///< of kTblProperties; empty: all
  /// Of kPartitions: the columns with the texts of their values; nothing: null.
  std::map<std::string, std::optional<std::string>> partition = {};
};

struct DropTable {
  std::vector<std::string> name;
  bool view = false;
  bool if_exists = false;
  bool purge = false;
};

/// A MERGE that adds the columns of its source to its target.
struct Evolution {
  std::vector<std::string> name;  ///< of the target; empty when path is set
  std::string path;
  std::string source;      ///< what stands behind USING
  bool automatic = false;  ///< by a setting: nothing to add is no evolution
};

/// A statement for DuckDB's own parser, in DuckDB's spelling.
struct DuckSql {
  std::string sql;
  std::optional<Evolution> evolution = std::nullopt;
  std::vector<FieldTarget> fields = {};  ///< that an UPDATE or MERGE sets, as FieldColumn in `sql`
};

/// An INSERT whose meaning depends on the table's columns or on settings. Texts of SQL are in
/// DuckDB's spelling.
struct InsertRows {
  struct Partition {
    std::string column;
    std::optional<std::string> value;  ///< a constant; nothing: the rows have the column
  };
  std::vector<std::string> name;  ///< empty when path is set
  std::string path;               ///< of delta.`path`
  std::vector<std::string> columns;
  std::vector<Partition> partitions;
  bool by_name = false;
  bool overwrite = false;
  bool evolve = false;     ///< WITH SCHEMA EVOLUTION, or by a setting
  bool automatic = false;  ///< by a setting: nothing to add is no evolution
  std::string replace_where;
  std::string replace_where_text;  ///< as it was written
  std::string rows;                ///< a query or VALUES
  std::string plain;  ///< the statement as an INSERT INTO; empty when it cannot be said like that
};

struct CopyInto {
  std::vector<std::string> name;
  std::string source;  ///< a directory or a file
  std::string format;
  std::vector<std::string> files;  ///< names below the directory; empty: all
  std::string pattern;             ///< for names of files; empty: none
  std::map<std::string, std::string> format_options;
  std::map<std::string, std::string> copy_options;
};

using Statement = std::variant<DuckSql, InsertRows, CopyInto, CreateTable, AlterTable, CreateSchema,
                               Describe, Show, DropTable, Vacuum, Restore, CloneTable,
                               ConvertToDelta, Optimize, Reorg, Analyze, Refresh>;

/// Parses one statement; a closing semicolon is allowed. Errors: InvalidArgument LK-4001 with
/// "line:column" in the message, Unsupported LK-4012 for a construct that is refused by name.
/// With `evolve` an INSERT of a query, and a MERGE with *, are as WITH SCHEMA EVOLUTION.
Statement Parse(const std::string& sql, bool evolve = false);

/// An expression in DuckDB's spelling. LK-4001.
std::string RespellExpression(const std::string& text);

/// The statements of a script without their semicolons, blank ones left out. Quotes, comments and
/// dollar quotes are respected. A statement with an open quote or comment is returned as it is, as
/// the last one, for Parse to explain.
std::vector<std::string> SplitStatements(const std::string& sql);

}  // namespace lakehouse::query::duckdb::dialect
