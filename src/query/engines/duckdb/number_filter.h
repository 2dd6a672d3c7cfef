#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// What is known of a column of whole numbers, dates or times in one file.
struct NumberFacts {
  bool bounded = false;  ///< min and max are known
  int64_t min = 0;
  int64_t max = 0;
  bool may_be_null = true;
  bool may_be_value = true;
};

/// A filter on such a column, in a form that is decided for millions of files at once. It keeps a
/// file where dk::TableFilter::CheckStatistics would.
class NumberFilter {
 public:
  /// Nothing for a column of another type, and for a filter with parts other than comparisons with
  /// constants, IN, tests for null, and these joined by AND and OR.
  static std::optional<NumberFilter> Of(const dk::TableFilter& filter, const dk::LogicalType& type);

  bool MayPass(const NumberFacts& facts) const;

 private:
  enum class Kind : uint8_t { kAnd, kOr, kIn, kIsNull, kIsNotNull, kCompare };

  bool Read(const dk::TableFilter& filter, const dk::LogicalType& type);
  bool ReadParts(const dk::vector<dk::unique_ptr<dk::TableFilter>>& parts,
                 const dk::LogicalType& type);
  bool MayCompare(int64_t constant, const NumberFacts& facts) const;

  Kind kind_ = Kind::kAnd;
  dk::ExpressionType comparison_ = dk::ExpressionType::COMPARE_EQUAL;
  std::vector<int64_t> constants_;
  std::vector<NumberFilter> parts_;
};

}  // namespace lakehouse::query::duckdb
