#pragma once

#include <duckdb/execution/expression_executor.hpp>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "query/engines/duckdb/pch.h"
#include "storage/snapshot.h"

namespace lakehouse::query::duckdb {

/// What a table demands of each row that is written to it: CHECK constraints, invariants and
/// generated columns (Delta PROTOCOL.md, "CHECK Constraints", "Column Invariants", "Generated
/// Columns"). Bound once for a statement; immutable.
class RowChecks {
 public:
  /// `computed`: positions of generated columns that the rows do not bring and that are to be
  /// computed. `filled`: of those that are computed in rows that have null there. Unsupported
  /// LK-3020 when an expression is not understood; null when nothing is demanded.
  static std::shared_ptr<const RowChecks> Bind(dk::ClientContext& context,
                                               const storage::TableMetadata& metadata,
                                               const std::set<size_t>& computed,
                                               const std::set<size_t>& filled = {});

 private:
  friend class RowChecker;
  struct Rule {
    std::string what;  ///< "the CHECK constraint positive (x > 0)"
    const char* code;
    dk::unique_ptr<dk::Expression> holds;  ///< true for a good row
  };
  struct Computed {
    size_t column;
    dk::unique_ptr<dk::Expression> value;
  };

  dk::vector<std::string> names_;
  std::vector<Rule> rules_;
  std::vector<Computed> computed_;
};

/// Applies the checks to rows. For one thread.
class RowChecker {
 public:
  RowChecker(dk::ClientContext& context, std::shared_ptr<const RowChecks> checks);

  /// Fills the computed columns of `rows`, which has the table's columns in its order. A row that
  /// breaks a rule is InvalidArgument: LK-4041 for a constraint or invariant, LK-4042 for the value
  /// of a generated column, with the rule's name and the row's values.
  void Apply(dk::DataChunk& rows);

 private:
  void Check(const RowChecks::Rule& rule, dk::ExpressionExecutor& executor, dk::DataChunk& rows);

  const std::shared_ptr<const RowChecks> checks_;
  std::vector<std::unique_ptr<dk::ExpressionExecutor>> rules_;     ///< by rule
  std::vector<std::unique_ptr<dk::ExpressionExecutor>> computed_;  ///< by computed column
};

/// Positions of the generated columns of a schema.
std::set<size_t> GeneratedColumns(const storage::Schema& schema);

}  // namespace lakehouse::query::duckdb
