#pragma once

#include <string>

#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// A sink that writes the rows of a statement. As a source it gives one row: their number.
class CountingSink : public dk::PhysicalOperator {
 public:
  CountingSink(dk::PhysicalPlan& plan, dk::Catalog& catalog)
      : PhysicalOperator(plan, dk::PhysicalOperatorType::EXTENSION, {dk::LogicalType::BIGINT}, 1),
        catalog_(catalog) {}

  bool IsSink() const override { return true; }
  bool IsSource() const override { return true; }
  dk::unique_ptr<dk::GlobalSourceState> GetGlobalSourceState(dk::ClientContext&) const override {
    return dk::make_uniq<Given>();
  }

 protected:
  dk::SourceResultType GetDataInternal(dk::ExecutionContext&, dk::DataChunk& chunk,
                                       dk::OperatorSourceInput& input) const override {
    auto& given = input.global_state.Cast<Given>();
    if (given.done) return dk::SourceResultType::FINISHED;
    given.done = true;
    chunk.SetCardinality(1);
    chunk.SetValue(0, 0, dk::Value::BIGINT(rows_));
    return dk::SourceResultType::FINISHED;
  }

  dk::Catalog& catalog_;
  mutable int64_t rows_ = 0;  ///< set in Finalize, which runs before any reading

 private:
  struct Given : dk::GlobalSourceState {
    bool done = false;
  };
};

}  // namespace lakehouse::query::duckdb
