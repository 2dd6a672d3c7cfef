#include "query/engines/duckdb/distinct_filters.h"

#include <duckdb/planner/expression/bound_comparison_expression.hpp>
#include <duckdb/planner/expression/bound_conjunction_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_operator_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <utility>

namespace lakehouse::query::duckdb {
namespace {

using dk::ExpressionType;
using ExpressionPtr = dk::unique_ptr<dk::Expression>;

bool IsValue(const dk::Expression& expression) {
  return expression.GetExpressionClass() == dk::ExpressionClass::BOUND_CONSTANT &&
         !expression.Cast<dk::BoundConstantExpression>().value.IsNull();
}

/// `x = c AND x IS NOT NULL`, or `x != c OR x IS NULL`: never NULL itself, as what it stands for.
ExpressionPtr Spelled(dk::BoundComparisonExpression& comparison, bool distinct) {
  const bool constant_left = IsValue(*comparison.left);
  auto subject = (constant_left ? comparison.right : comparison.left)->Copy();
  auto test = dk::make_uniq<dk::BoundOperatorExpression>(
      distinct ? ExpressionType::OPERATOR_IS_NULL : ExpressionType::OPERATOR_IS_NOT_NULL,
      dk::LogicalType::BOOLEAN);
  test->children.push_back(std::move(subject));
  auto compared = dk::make_uniq<dk::BoundComparisonExpression>(
      distinct ? ExpressionType::COMPARE_NOTEQUAL : ExpressionType::COMPARE_EQUAL,
      std::move(comparison.left), std::move(comparison.right));
  return dk::make_uniq<dk::BoundConjunctionExpression>(
      distinct ? ExpressionType::CONJUNCTION_OR : ExpressionType::CONJUNCTION_AND,
      std::move(compared), std::move(test));
}

void Respell(ExpressionPtr& expression) {
  dk::ExpressionIterator::EnumerateChildren(*expression,
                                            [](ExpressionPtr& child) { Respell(child); });
  const ExpressionType type = expression->GetExpressionType();
  const bool distinct = type == ExpressionType::COMPARE_DISTINCT_FROM;
  if (!distinct && type != ExpressionType::COMPARE_NOT_DISTINCT_FROM) return;
  auto& comparison = expression->Cast<dk::BoundComparisonExpression>();
  if (expression->IsVolatile() || (!IsValue(*comparison.left) && !IsValue(*comparison.right))) {
    return;
  }
  expression = Spelled(comparison, distinct);
}

}  // namespace

void WithoutDistinct(dk::vector<ExpressionPtr>& filters) {
  for (ExpressionPtr& filter : filters) Respell(filter);
}

}  // namespace lakehouse::query::duckdb
