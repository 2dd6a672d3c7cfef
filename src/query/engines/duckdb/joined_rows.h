#pragma once

#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// The rows of a MERGE as its join gives them. What the engine would compute of every row for the
/// clauses is an expression here: a clause computes it for the rows that it takes, so a cast that
/// fails for other rows fails nothing.
class JoinedRows {
 public:
  /// `rows` is what the engine planned. The columns `names` of it, which tell what a row matched,
  /// stay columns.
  JoinedRows(dk::PhysicalOperator& rows, const std::vector<dk::idx_t>& names);

  dk::PhysicalOperator& rows() const { return *rows_; }
  /// Where a column of `names` is in rows().
  dk::idx_t PlaceOf(dk::idx_t name) const;
  /// `expression`, which is over the engine's columns, over those of rows().
  dk::unique_ptr<dk::Expression> Over(dk::unique_ptr<dk::Expression> expression) const;

 private:
  bool StepDown(const std::vector<dk::idx_t>& names, bool first);

  dk::PhysicalOperator* rows_;
  dk::vector<dk::unique_ptr<dk::Expression>> columns_;  ///< the engine's, over those of rows_
};

}  // namespace lakehouse::query::duckdb
