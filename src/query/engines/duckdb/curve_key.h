#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "query/engines/duckdb/pch.h"
#include "storage/partitioning/rank_bounds.h"

namespace lakehouse::query::duckdb {

/// Ranks of the values of one column, by their numbers or, for types that have none, by keys that
/// are ordered byte by byte. Null comes before every value.
class ColumnRanks {
 public:
  /// Of the values of `type` in a sample.
  class Sample {
   public:
    explicit Sample(const dk::LogicalType& type);
    /// Adds the chosen rows of the column.
    void Add(dk::Vector& column, const dk::SelectionVector& rows, dk::idx_t count);
    /// Leaves out the values at these positions, ascending.
    void Keep(const std::vector<size_t>& positions);
    size_t size() const;
    ColumnRanks Finish() &&;

   private:
    std::variant<std::vector<int64_t>, std::vector<std::string>> values_;
  };

  /// Writes the rank of each value to `ranks`, at every `stride`-th place.
  void Rank(dk::Vector& column, dk::idx_t count, uint32_t* ranks, size_t stride) const;

 private:
  using Numbers = storage::partitioning::RankBounds<int64_t>;
  using Keys = storage::partitioning::RankBounds<std::string>;
  std::variant<Numbers, Keys> bounds_;
};

/// What a row's place on a curve depends on. Immutable, shared by threads.
struct Curve {
  bool hilbert = false;
  std::vector<ColumnRanks> columns;
};
using CurvePtr = std::shared_ptr<const Curve>;

/// Lets queries of a connection use a curve as long as it lives.
class CurveInUse {
 public:
  CurveInUse(dk::ClientContext& context, CurvePtr curve);
  ~CurveInUse();
  CurveInUse(const CurveInUse&) = delete;
  CurveInUse& operator=(const CurveInUse&) = delete;

 private:
  dk::ClientContext& context_;
};

/// The function that gives a row's place on the curve in use, from the columns of the curve. It
/// is no function of SQL: without a curve it is refused.
inline constexpr char kCurveFunction[] = "lake_curve_key";
void RegisterCurveFunction(dk::Connection& connection);

}  // namespace lakehouse::query::duckdb
