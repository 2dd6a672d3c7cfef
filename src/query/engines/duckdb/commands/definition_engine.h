#pragma once

#include <string>
#include <vector>

#include "catalog/lake.h"
#include "query/engines/duckdb/dialect/definitions.h"

namespace lakehouse::query::duckdb {

/// What definitions ask the engine about expressions and rows. For one statement.
class DefinitionEngine {
 public:
  virtual ~DefinitionEngine() = default;

  /// Checks an expression that a table with these columns is to keep: it is one, it can be bound,
  /// and its type fits (that of `column` for a default or a generated column). Gives the columns
  /// that it uses. InvalidArgument LK-4066 for what no table may keep, else the errors of a query.
  virtual std::vector<storage::ColumnPath> CheckRule(const dialect::Rule& rule,
                                                     const storage::Schema& schema) = 0;

  /// The columns that an expression of the table may use: all, when this engine cannot read it.
  virtual std::vector<storage::ColumnPath> ColumnsOf(const std::string& expression,
                                                     const storage::Schema& schema) = 0;

  /// Is `condition` true, and not null, for every row of the table's version?
  virtual bool HoldsForAll(const catalog::ResolvedObject& object, int64_t version,
                           const std::string& condition) = 0;

  /// Unix milliseconds of a constant expression in DuckDB's spelling. InvalidArgument LK-4050 when
  /// it is null, else the errors of a query.
  virtual int64_t TimeOf(const std::string& expression) = 0;
};

}  // namespace lakehouse::query::duckdb
