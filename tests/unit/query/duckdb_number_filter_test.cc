#include <gtest/gtest.h>

#include <duckdb/planner/filter/conjunction_filter.hpp>
#include <duckdb/planner/filter/constant_filter.hpp>
#include <duckdb/planner/filter/in_filter.hpp>
#include <duckdb/planner/filter/null_filter.hpp>
#include <duckdb/planner/filter/optional_filter.hpp>
#include <duckdb/storage/statistics/base_statistics.hpp>
#include <duckdb/storage/statistics/numeric_stats.hpp>

#include "query/engines/duckdb/number_filter.h"

namespace lakehouse::query::duckdb {
namespace {

using dk::ExpressionType;
using FilterPtr = dk::unique_ptr<dk::TableFilter>;

dk::Value Constant(const dk::LogicalType& type, int number) {
  if (type.id() == dk::LogicalTypeId::DATE) return dk::Value::DATE(dk::date_t(number));
  if (type.id() == dk::LogicalTypeId::TIMESTAMP) {
    return dk::Value::TIMESTAMP(dk::timestamp_t(number));
  }
  return dk::Value::INTEGER(number).DefaultCastAs(type);
}

std::vector<FilterPtr> Filters(const dk::LogicalType& type) {
  std::vector<FilterPtr> filters;
  const auto compare = [&](ExpressionType comparison, int number) -> FilterPtr {
    return dk::make_uniq<dk::ConstantFilter>(comparison, Constant(type, number));
  };
  for (const auto comparison :
       {ExpressionType::COMPARE_EQUAL, ExpressionType::COMPARE_NOTEQUAL,
        ExpressionType::COMPARE_LESSTHAN, ExpressionType::COMPARE_LESSTHANOREQUALTO,
        ExpressionType::COMPARE_GREATERTHAN, ExpressionType::COMPARE_GREATERTHANOREQUALTO}) {
    for (int number = -2; number <= 2; ++number) filters.push_back(compare(comparison, number));
  }
  filters.push_back(
      dk::make_uniq<dk::InFilter>(dk::vector<dk::Value>{Constant(type, -2), Constant(type, 2)}));
  filters.push_back(dk::make_uniq<dk::IsNullFilter>());
  filters.push_back(dk::make_uniq<dk::IsNotNullFilter>());
  auto both = dk::make_uniq<dk::ConjunctionAndFilter>();
  both->child_filters.push_back(compare(ExpressionType::COMPARE_GREATERTHAN, -1));
  both->child_filters.push_back(compare(ExpressionType::COMPARE_LESSTHAN, 1));
  filters.push_back(std::move(both));
  auto either = dk::make_uniq<dk::ConjunctionOrFilter>();
  either->child_filters.push_back(compare(ExpressionType::COMPARE_EQUAL, 2));
  either->child_filters.push_back(dk::make_uniq<dk::IsNullFilter>());
  filters.push_back(dk::make_uniq<dk::OptionalFilter>(std::move(either)));
  return filters;
}

/// The engine's own answer.
bool MayPass(const dk::TableFilter& filter, const dk::LogicalType& type, const NumberFacts& facts) {
  auto statistics = dk::BaseStatistics::CreateUnknown(type);
  if (facts.bounded) {
    dk::NumericStats::SetMin(statistics, Constant(type, static_cast<int>(facts.min)));
    dk::NumericStats::SetMax(statistics, Constant(type, static_cast<int>(facts.max)));
  }
  if (!facts.may_be_null) statistics.Set(dk::StatsInfo::CANNOT_HAVE_NULL_VALUES);
  if (!facts.may_be_value) statistics.Set(dk::StatsInfo::CANNOT_HAVE_VALID_VALUES);
  return filter.CheckStatistics(statistics) != dk::FilterPropagateResult::FILTER_ALWAYS_FALSE;
}

TEST(NumberFilter, KeepsTheFilesThatTheEngineWouldKeep) {
  const std::vector<dk::LogicalType> types = {dk::LogicalType::TINYINT, dk::LogicalType::BIGINT,
                                              dk::LogicalType::DATE, dk::LogicalType::TIMESTAMP};
  for (const dk::LogicalType& type : types) {
    for (const FilterPtr& filter : Filters(type)) {
      const auto numbers = NumberFilter::Of(*filter, type);
      ASSERT_TRUE(numbers) << filter->ToString("c");
      for (int min = -2; min <= 2; ++min) {
        for (int max = min; max <= 2; ++max) {
          for (int kind = 0; kind < 6; ++kind) {
            const NumberFacts facts{kind < 3, min, max, kind % 3 != 1, kind % 3 != 2};
            EXPECT_EQ(numbers->MayPass(facts), MayPass(*filter, type, facts))
                << filter->ToString("c") << " of " << type.ToString() << " in " << min << " to "
                << max << ", " << kind;
          }
        }
      }
    }
  }
}

TEST(NumberFilter, LeavesOtherTypesAndFiltersToTheEngine) {
  const dk::ConstantFilter text(ExpressionType::COMPARE_EQUAL, dk::Value("a"));
  EXPECT_FALSE(NumberFilter::Of(text, dk::LogicalType::VARCHAR));
  EXPECT_FALSE(NumberFilter::Of(dk::IsNotNullFilter(), dk::LogicalType::VARCHAR));
  const dk::ConstantFilter small(ExpressionType::COMPARE_EQUAL, dk::Value::INTEGER(1));
  EXPECT_FALSE(NumberFilter::Of(small, dk::LogicalType::BIGINT));
  const dk::ConstantFilter distinct(ExpressionType::COMPARE_DISTINCT_FROM, dk::Value::INTEGER(1));
  EXPECT_FALSE(NumberFilter::Of(distinct, dk::LogicalType::INTEGER));
}

}  // namespace
}  // namespace lakehouse::query::duckdb
