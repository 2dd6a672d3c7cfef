#pragma once

#include <functional>
#include <string>
#include <vector>

#include "query/engines/duckdb/commands/definition_engine.h"
#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// Answers definitions by asking the engine. For the running statement of one connection.
class DefinitionChecks : public DefinitionEngine {
 public:
  /// `fail` throws the Error of an engine's error.
  DefinitionChecks(dk::Connection& connection, std::function<void(dk::ErrorData)> fail)
      : connection_(connection), fail_(std::move(fail)) {}

  std::vector<storage::ColumnPath> CheckRule(const dialect::Rule& rule,
                                             const storage::Schema& schema) override;
  std::vector<storage::ColumnPath> ColumnsOf(const std::string& expression,
                                             const storage::Schema& schema) override;
  bool HoldsForAll(const catalog::ResolvedObject& object, int64_t version,
                   const std::string& condition) override;
  int64_t TimeOf(const std::string& expression) override;

 private:
  dk::unique_ptr<dk::ParsedExpression> Parse(const dialect::Rule& rule);
  /// The type of the first column of the query, which is made of the rule.
  dk::LogicalType Bind(const std::string& sql, const dialect::Rule& rule);
  /// Whoever writes rows later has to understand the rule: LK-3020 when not.
  void CheckWriters(const dialect::Rule& rule, const storage::Schema& schema);

  dk::Connection& connection_;
  const std::function<void(dk::ErrorData)> fail_;
};

}  // namespace lakehouse::query::duckdb
