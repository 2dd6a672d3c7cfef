#include "query/engines/duckdb/row_places.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace lakehouse::query::duckdb {
namespace {

constexpr int kBits = 63;  ///< the sign stays clear
/// No file has as many rows, so more bits help nobody.
constexpr int kMostRowBits = 40;

}  // namespace

RowPlaces::RowPlaces(uint64_t files)
    : files_(files),
      most_rows_(int64_t{1} << std::min<int>(kMostRowBits,
                                             kBits - static_cast<int>(std::bit_width(files)))) {}

int64_t RowPlaces::Of(uint64_t file, int64_t row) const {
  LAKE_CHECK(file < files_);
  LAKE_CHECK(row >= 0 && row < most_rows_);
  return static_cast<int64_t>(file) * most_rows_ + row;
}

std::string RowPlaces::Sql(const std::string& file, const std::string& row) const {
  return "CAST(" + file + " AS BIGINT) * " + std::to_string(most_rows_) + " + " + row;
}

}  // namespace lakehouse::query::duckdb
