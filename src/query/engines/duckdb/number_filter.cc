#include "query/engines/duckdb/number_filter.h"

#include <algorithm>
#include <duckdb/planner/filter/conjunction_filter.hpp>
#include <duckdb/planner/filter/constant_filter.hpp>
#include <duckdb/planner/filter/in_filter.hpp>
#include <duckdb/planner/filter/optional_filter.hpp>
#include <duckdb/planner/table_filter.hpp>

namespace lakehouse::query::duckdb {
namespace {

using dk::ExpressionType;
using dk::LogicalTypeId;
using dk::TableFilterType;

/// Are the log's bounds of such a column whole numbers?
bool HasNumbers(const dk::LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
      return true;
    default:
      return false;
  }
}

/// The constant as the log's bounds have it; nothing when it is of another type than the column.
std::optional<int64_t> NumberOf(const dk::Value& constant, const dk::LogicalType& type) {
  if (constant.IsNull() || constant.type() != type) return std::nullopt;
  switch (type.id()) {
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
      return constant.GetValue<int64_t>();
    case LogicalTypeId::DATE:
      return constant.GetValue<dk::date_t>().days;
    case LogicalTypeId::TIMESTAMP:
      return constant.GetValue<dk::timestamp_t>().value;
    case LogicalTypeId::TIMESTAMP_TZ:
      return constant.GetValue<dk::timestamp_tz_t>().value;
    default:
      return std::nullopt;
  }
}

bool IsComparison(ExpressionType type) {
  switch (type) {
    case ExpressionType::COMPARE_EQUAL:
    case ExpressionType::COMPARE_NOTEQUAL:
    case ExpressionType::COMPARE_LESSTHAN:
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
    case ExpressionType::COMPARE_GREATERTHAN:
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<NumberFilter> NumberFilter::Of(const dk::TableFilter& filter,
                                             const dk::LogicalType& type) {
  NumberFilter read;
  if (!HasNumbers(type) || !read.Read(filter, type)) return std::nullopt;
  return read;
}

bool NumberFilter::Read(const dk::TableFilter& filter, const dk::LogicalType& type) {
  switch (filter.filter_type) {
    case TableFilterType::CONSTANT_COMPARISON: {
      const auto& comparison = filter.Cast<dk::ConstantFilter>();
      const auto number = NumberOf(comparison.constant, type);
      if (!number || !IsComparison(comparison.comparison_type)) return false;
      kind_ = Kind::kCompare;
      comparison_ = comparison.comparison_type;
      constants_ = {*number};
      return true;
    }
    case TableFilterType::IN_FILTER:
      kind_ = Kind::kIn;
      for (const dk::Value& value : filter.Cast<dk::InFilter>().values) {
        const auto number = NumberOf(value, type);
        if (!number) return false;
        constants_.push_back(*number);
      }
      return true;
    case TableFilterType::IS_NULL:
      kind_ = Kind::kIsNull;
      return true;
    case TableFilterType::IS_NOT_NULL:
      kind_ = Kind::kIsNotNull;
      return true;
    case TableFilterType::CONJUNCTION_AND:
      kind_ = Kind::kAnd;
      return ReadParts(filter.Cast<dk::ConjunctionAndFilter>().child_filters, type);
    case TableFilterType::CONJUNCTION_OR:
      kind_ = Kind::kOr;
      return ReadParts(filter.Cast<dk::ConjunctionOrFilter>().child_filters, type);
    case TableFilterType::OPTIONAL_FILTER: {
      const auto& child = filter.Cast<dk::OptionalFilter>().child_filter;
      return child && Read(*child, type);
    }
    default:
      return false;
  }
}

bool NumberFilter::ReadParts(const dk::vector<dk::unique_ptr<dk::TableFilter>>& parts,
                             const dk::LogicalType& type) {
  for (const auto& part : parts) {
    if (!parts_.emplace_back().Read(*part, type)) return false;
  }
  return !parts_.empty();
}

bool NumberFilter::MayCompare(int64_t constant, const NumberFacts& facts) const {
  switch (comparison_) {
    case ExpressionType::COMPARE_EQUAL:
      return facts.min <= constant && constant <= facts.max;
    case ExpressionType::COMPARE_NOTEQUAL:
      return facts.min != constant || facts.max != constant;
    case ExpressionType::COMPARE_LESSTHAN:
      return facts.min < constant;
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
      return facts.min <= constant;
    case ExpressionType::COMPARE_GREATERTHAN:
      return facts.max > constant;
    default:
      return facts.max >= constant;
  }
}

bool NumberFilter::MayPass(const NumberFacts& facts) const {
  const auto passes = [&](const NumberFilter& part) { return part.MayPass(facts); };
  switch (kind_) {
    case Kind::kAnd:
      return std::all_of(parts_.begin(), parts_.end(), passes);
    case Kind::kOr:
      return std::any_of(parts_.begin(), parts_.end(), passes);
    case Kind::kIsNull:
      return facts.may_be_null;
    case Kind::kIsNotNull:
      return facts.may_be_value;
    default:
      if (!facts.may_be_value) return false;
      return !facts.bounded ||
             std::any_of(constants_.begin(), constants_.end(),
                         [&](int64_t constant) { return MayCompare(constant, facts); });
  }
}

}  // namespace lakehouse::query::duckdb
