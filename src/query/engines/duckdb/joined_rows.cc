#include "query/engines/duckdb/joined_rows.h"

#include <algorithm>
#include <duckdb/execution/operator/projection/physical_projection.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>

namespace lakehouse::query::duckdb {
namespace {

using Expressions = dk::vector<dk::unique_ptr<dk::Expression>>;

bool IsReference(const dk::Expression& expression) {
  return expression.GetExpressionClass() == dk::ExpressionClass::BOUND_REF;
}

/// Puts `columns` in the place of the references to them.
void PutIn(dk::unique_ptr<dk::Expression>& expression, const Expressions& columns) {
  if (IsReference(*expression)) {
    expression = columns[expression->Cast<dk::BoundReferenceExpression>().index]->Copy();
    return;
  }
  dk::ExpressionIterator::EnumerateChildren(
      *expression, [&](dk::unique_ptr<dk::Expression>& child) { PutIn(child, columns); });
}

}  // namespace

JoinedRows::JoinedRows(dk::PhysicalOperator& rows, const std::vector<dk::idx_t>& names)
    : rows_(&rows) {
  for (dk::idx_t i = 0; i < rows.types.size(); ++i) {
    columns_.push_back(dk::make_uniq<dk::BoundReferenceExpression>(rows.types[i], i));
  }
  bool first = true;
  while (StepDown(names, first)) first = false;
}

bool JoinedRows::StepDown(const std::vector<dk::idx_t>& names, bool first) {
  if (rows_->type != dk::PhysicalOperatorType::PROJECTION) return false;
  const auto& computed = rows_->Cast<dk::PhysicalProjection>().select_list;
  // Below the first projection the engine put what several expressions share: with another value
  // for each call it would not be the same in all of them.
  const bool varies = std::any_of(computed.begin(), computed.end(),
                                  [](const auto& value) { return value->IsVolatile(); });
  if (!first && varies) return false;
  Expressions columns;
  for (const auto& column : columns_) {
    columns.push_back(column->Copy());
    PutIn(columns.back(), computed);
  }
  const bool named = std::all_of(names.begin(), names.end(),
                                 [&](dk::idx_t name) { return IsReference(*columns[name]); });
  if (!named) return false;
  columns_ = std::move(columns);
  rows_ = &rows_->children[0].get();
  return true;
}

dk::idx_t JoinedRows::PlaceOf(dk::idx_t name) const {
  return columns_[name]->Cast<dk::BoundReferenceExpression>().index;
}

dk::unique_ptr<dk::Expression> JoinedRows::Over(dk::unique_ptr<dk::Expression> expression) const {
  PutIn(expression, columns_);
  return expression;
}

}  // namespace lakehouse::query::duckdb
