#include <gtest/gtest.h>

#include <set>

#include "error_code.h"
#include "query/engines/duckdb/row_places.h"

namespace lakehouse::query::duckdb {
namespace {

TEST(RowPlacesTest, EveryRowHasAPlaceOfItsOwn) {
  const RowPlaces places(3);
  std::set<int64_t> seen;
  for (uint64_t file = 0; file < 3; ++file) {
    for (const int64_t row : {int64_t{0}, int64_t{1}, (int64_t{1} << 40) - 1}) {
      EXPECT_TRUE(seen.insert(places.Of(file, row)).second);
    }
  }
}

TEST(RowPlacesTest, ManyFilesLeaveRoomForTheirRows) {
  // Times 2^40 the number of the last file would not fit.
  const uint64_t files = uint64_t{50} * 1000 * 1000;
  const RowPlaces places(files);
  const int64_t last_row = (int64_t{1} << 37) - 1;
  EXPECT_GT(places.Of(files - 1, last_row), places.Of(files - 1, 0));
  EXPECT_EQ(places.Of(files - 1, 0) - places.Of(files - 2, last_row), 1);
  EXPECT_EQ(places.Sql("f", "r"), "CAST(f AS BIGINT) * 137438953472 + r");
}

TEST(RowPlacesTest, WhatHasNoPlaceIsRefused) {
  const RowPlaces places(uint64_t{1} << 31);
  EXPECT_EQ(CodeOf([&] { places.Of(uint64_t{1} << 31, 0); }), "LK-0001");
  EXPECT_EQ(CodeOf([&] { places.Of(0, int64_t{1} << 31); }), "LK-0001");
  EXPECT_EQ(CodeOf([&] { places.Of(0, -1); }), "LK-0001");
}

}  // namespace
}  // namespace lakehouse::query::duckdb
