#include "query/engines/duckdb/file_predicate.h"

#include <duckdb/common/value_operations/value_operations.hpp>
#include <duckdb/planner/expression/bound_between_expression.hpp>
#include <duckdb/planner/expression/bound_comparison_expression.hpp>
#include <duckdb/planner/expression/bound_conjunction_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>
#include <duckdb/planner/expression/bound_operator_expression.hpp>

namespace lakehouse::query::duckdb {
namespace {

using dk::ExpressionClass;
using dk::ExpressionType;

/// The values that a condition may have in the rows of a file, as a set.
using Truth = unsigned;
constexpr Truth kTrue = 1;
constexpr Truth kFalse = 2;
constexpr Truth kNull = 4;
constexpr Truth kAny = kTrue | kFalse | kNull;

Truth And(Truth a, Truth b) {
  Truth result = ((a | b) & kFalse);
  if ((a & kTrue) != 0 && (b & kTrue) != 0) result |= kTrue;
  if (((a & kNull) != 0 && (b & (kTrue | kNull)) != 0) ||
      ((b & kNull) != 0 && (a & (kTrue | kNull)) != 0)) {
    result |= kNull;
  }
  return result;
}

Truth Not(Truth a) {
  return ((a & kTrue) != 0 ? kFalse : 0) | ((a & kFalse) != 0 ? kTrue : 0) | (a & kNull);
}

Truth Or(Truth a, Truth b) { return Not(And(Not(a), Not(b))); }

bool IsBelow(const dk::Value& a, const dk::Value& b) {
  return !a.IsNull() && !b.IsNull() && dk::ValueOperations::LessThan(a, b);
}
bool IsNotAbove(const dk::Value& a, const dk::Value& b) {
  return !a.IsNull() && !b.IsNull() && dk::ValueOperations::LessThanEquals(a, b);
}
bool IsOne(const ValueDomain& domain) {
  return !domain.min.IsNull() && !domain.max.IsNull() &&
         dk::ValueOperations::Equals(domain.min, domain.max);
}

/// `a` op `b` where neither is NULL.
Truth CompareValues(ExpressionType op, const ValueDomain& a, const ValueDomain& b) {
  switch (op) {
    case ExpressionType::COMPARE_EQUAL: {
      if (IsBelow(a.max, b.min) || IsBelow(b.max, a.min)) return kFalse;
      const bool same = IsOne(a) && IsOne(b) && dk::ValueOperations::Equals(a.min, b.min);
      return same ? kTrue : kTrue | kFalse;
    }
    case ExpressionType::COMPARE_NOTEQUAL:
      return Not(CompareValues(ExpressionType::COMPARE_EQUAL, a, b));
    case ExpressionType::COMPARE_LESSTHAN:
      if (IsBelow(a.max, b.min)) return kTrue;
      return IsNotAbove(b.max, a.min) ? kFalse : kTrue | kFalse;
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
      if (IsNotAbove(a.max, b.min)) return kTrue;
      return IsBelow(b.max, a.min) ? kFalse : kTrue | kFalse;
    case ExpressionType::COMPARE_GREATERTHAN:
      return CompareValues(ExpressionType::COMPARE_LESSTHAN, b, a);
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      return CompareValues(ExpressionType::COMPARE_LESSTHANOREQUALTO, b, a);
    default:
      return kTrue | kFalse;
  }
}

Truth Compare(ExpressionType op, const ValueDomain& a, const ValueDomain& b) {
  if (op == ExpressionType::COMPARE_NOT_DISTINCT_FROM) {
    Truth same = a.may_be_null && b.may_be_null ? kTrue : 0;
    if ((a.may_be_null && b.may_be_value) || (a.may_be_value && b.may_be_null)) same |= kFalse;
    if (a.may_be_value && b.may_be_value) {
      same |= CompareValues(ExpressionType::COMPARE_EQUAL, a, b);
    }
    return same;
  }
  if (op == ExpressionType::COMPARE_DISTINCT_FROM) {
    return Not(Compare(ExpressionType::COMPARE_NOT_DISTINCT_FROM, a, b));
  }
  Truth result = a.may_be_null || b.may_be_null ? kNull : 0;
  if (a.may_be_value && b.may_be_value) result |= CompareValues(op, a, b);
  return result;
}

/// The part of a LIKE pattern before anything special.
std::string FixedPart(const std::string& pattern) {
  return pattern.substr(0, pattern.find_first_of("%_\\"));
}

Truth BeginsWith(const ValueDomain& text, const std::string& prefix) {
  if (!text.may_be_value) return kNull;
  const bool below = !text.max.IsNull() && text.max.GetValue<std::string>() < prefix;
  const std::string low = text.min.IsNull() ? "" : text.min.GetValue<std::string>();
  const bool above = low > prefix && !low.starts_with(prefix);
  return (below || above ? 0 : kTrue) | kFalse | (text.may_be_null ? kNull : 0);
}

/// Judges conditions for one file after the other.
class Judge {
 public:
  Judge(dk::ClientContext& context, const storage::Snapshot& snapshot,
        const std::vector<dk::column_t>& columns, const FileFacts& facts)
      : domains_(context, snapshot, columns, facts) {}

  Truth Of(const dk::Expression& condition, size_t file) {
    const Truth truth = ByShape(condition, file);
    if (truth != kAny) return truth;
    dk::Value value;
    if (!domains_.Evaluate(condition, file, value)) return kAny;
    if (value.IsNull()) return kNull;
    return value.DefaultCastAs(dk::LogicalType::BOOLEAN).GetValue<bool>() ? kTrue : kFalse;
  }

 private:
  Truth ByShape(const dk::Expression& condition, size_t file) {
    switch (condition.GetExpressionClass()) {
      case ExpressionClass::BOUND_CONJUNCTION:
        return OfConjunction(condition.Cast<dk::BoundConjunctionExpression>(), file);
      case ExpressionClass::BOUND_COMPARISON: {
        const auto& comparison = condition.Cast<dk::BoundComparisonExpression>();
        return Compare(comparison.GetExpressionType(), domains_.Find(*comparison.left, file),
                       domains_.Find(*comparison.right, file));
      }
      case ExpressionClass::BOUND_BETWEEN: {
        const auto& between = condition.Cast<dk::BoundBetweenExpression>();
        const ValueDomain input = domains_.Find(*between.input, file);
        return And(
            Compare(between.LowerComparisonType(), input, domains_.Find(*between.lower, file)),
            Compare(between.UpperComparisonType(), input, domains_.Find(*between.upper, file)));
      }
      case ExpressionClass::BOUND_OPERATOR:
        return OfOperator(condition.Cast<dk::BoundOperatorExpression>(), file);
      case ExpressionClass::BOUND_FUNCTION:
        return OfFunction(condition.Cast<dk::BoundFunctionExpression>(), file);
      case ExpressionClass::BOUND_COLUMN_REF: {
        const ValueDomain is_true{dk::Value::BOOLEAN(true), dk::Value::BOOLEAN(true), false, true};
        if (condition.return_type.id() != dk::LogicalTypeId::BOOLEAN) return kAny;
        return Compare(ExpressionType::COMPARE_EQUAL, domains_.Find(condition, file), is_true);
      }
      default:
        return kAny;
    }
  }

  Truth OfConjunction(const dk::BoundConjunctionExpression& conjunction, size_t file) {
    const bool all = conjunction.GetExpressionType() == ExpressionType::CONJUNCTION_AND;
    Truth truth = all ? kTrue : kFalse;
    for (const auto& child : conjunction.children) {
      truth = all ? And(truth, Of(*child, file)) : Or(truth, Of(*child, file));
    }
    return truth;
  }

  Truth OfOperator(const dk::BoundOperatorExpression& condition, size_t file) {
    const auto& children = condition.children;
    switch (condition.GetExpressionType()) {
      case ExpressionType::OPERATOR_NOT:
        return Not(Of(*children[0], file));
      case ExpressionType::OPERATOR_IS_NULL:
      case ExpressionType::OPERATOR_IS_NOT_NULL: {
        const ValueDomain domain = domains_.Find(*children[0], file);
        const Truth is_null = (domain.may_be_null ? kTrue : 0) | (domain.may_be_value ? kFalse : 0);
        const bool negated = condition.GetExpressionType() == ExpressionType::OPERATOR_IS_NOT_NULL;
        return negated ? Not(is_null) : is_null;
      }
      case ExpressionType::COMPARE_IN:
      case ExpressionType::COMPARE_NOT_IN: {
        const ValueDomain needle = domains_.Find(*children[0], file);
        Truth truth = kFalse;
        for (size_t i = 1; i < children.size(); ++i) {
          truth = Or(truth, Compare(ExpressionType::COMPARE_EQUAL, needle,
                                    domains_.Find(*children[i], file)));
        }
        const bool negated = condition.GetExpressionType() == ExpressionType::COMPARE_NOT_IN;
        return negated ? Not(truth) : truth;
      }
      default:
        return kAny;
    }
  }

  Truth OfFunction(const dk::BoundFunctionExpression& call, size_t file) {
    const std::string& name = call.function.name;
    const bool by_prefix = name == "prefix" || name == "starts_with" || name == "^@";
    if ((!by_prefix && name != "~~") || call.children.size() != 2 ||
        call.children[1]->GetExpressionClass() != ExpressionClass::BOUND_CONSTANT) {
      return kAny;
    }
    const auto& pattern = call.children[1]->Cast<dk::BoundConstantExpression>().value;
    if (pattern.IsNull() || pattern.type().id() != dk::LogicalTypeId::VARCHAR) return kAny;
    const std::string text = pattern.GetValue<std::string>();
    return BeginsWith(domains_.Find(*call.children[0], file), by_prefix ? text : FixedPart(text));
  }

  DomainFinder domains_;
};

}  // namespace

std::vector<size_t> FilesThatMayPass(dk::ClientContext& context, const storage::Snapshot& snapshot,
                                     const std::vector<size_t>& candidates,
                                     const dk::vector<dk::unique_ptr<dk::Expression>>& filters,
                                     const std::vector<dk::column_t>& columns,
                                     const FileFacts& facts) {
  Judge judge(context, snapshot, columns, facts);
  std::vector<size_t> kept = candidates;
  for (const auto& filter : filters) {
    std::erase_if(kept, [&](size_t file) { return (judge.Of(*filter, file) & kTrue) == 0; });
  }
  return kept;
}

std::vector<size_t> FilesThatMustPass(dk::ClientContext& context, const storage::Snapshot& snapshot,
                                      const std::vector<size_t>& candidates,
                                      const dk::vector<dk::unique_ptr<dk::Expression>>& filters,
                                      const std::vector<dk::column_t>& columns) {
  Judge judge(context, snapshot, columns, nullptr);
  std::vector<size_t> kept = candidates;
  for (const auto& filter : filters) {
    std::erase_if(kept, [&](size_t file) { return judge.Of(*filter, file) != kTrue; });
  }
  return kept;
}

}  // namespace lakehouse::query::duckdb
