#include "query/engines/duckdb/nan_filters.h"

#include <algorithm>
#include <duckdb/planner/expression/bound_reference_expression.hpp>
#include <duckdb/planner/filter/conjunction_filter.hpp>
#include <duckdb/planner/filter/expression_filter.hpp>
#include <duckdb/planner/table_filter.hpp>
#include <utility>

#include "query/engines/duckdb/types.h"

namespace lakehouse::query::duckdb {
namespace {

using FilterPtr = dk::unique_ptr<dk::TableFilter>;

bool HasNan(const storage::DataType& type) {
  if (type.id() == storage::TypeId::kFloat || type.id() == storage::TypeId::kDouble) return true;
  const auto& parts = type.fields();
  return std::any_of(parts.begin(), parts.end(),
                     [](const storage::Field& part) { return HasNan(*part.type); });
}

/// Null: there is nothing that has to be tested.
FilterPtr Unjudged(const dk::TableFilter& filter, const dk::LogicalType& type) {
  switch (filter.filter_type) {
    case dk::TableFilterType::OPTIONAL_FILTER:
      return nullptr;
    case dk::TableFilterType::IS_NULL:
    case dk::TableFilterType::IS_NOT_NULL:
    case dk::TableFilterType::EXPRESSION_FILTER:
    case dk::TableFilterType::DYNAMIC_FILTER:
      return filter.Copy();
    case dk::TableFilterType::CONJUNCTION_AND: {
      auto all = dk::make_uniq<dk::ConjunctionAndFilter>();
      for (const auto& part : filter.Cast<dk::ConjunctionAndFilter>().child_filters) {
        if (auto kept = Unjudged(*part, type)) all->child_filters.push_back(std::move(kept));
      }
      if (all->child_filters.empty()) return nullptr;
      return all;
    }
    default:
      return dk::make_uniq<dk::ExpressionFilter>(
          filter.ToExpression(dk::BoundReferenceExpression(type, dk::idx_t{0})));
  }
}

}  // namespace

dk::unique_ptr<dk::TableFilterSet> WithoutNanPruning(const dk::TableFilterSet& filters,
                                                     const TypeAt& type_at) {
  auto safe = dk::make_uniq<dk::TableFilterSet>();
  bool changed = false;
  for (const auto& [place, filter] : filters.filters) {
    const storage::DataType* type = type_at(place);
    const bool judged = type == nullptr || !HasNan(*type);
    auto kept = judged ? filter->Copy() : Unjudged(*filter, ToDuckDb(*type));
    changed |= !judged;
    if (kept) safe->filters[place] = std::move(kept);
  }
  return changed ? std::move(safe) : nullptr;
}

}  // namespace lakehouse::query::duckdb
