#include "storage/partitioning/space_curve.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "storage/partitioning/rank_bounds.h"

namespace lakehouse::storage::partitioning {
namespace {

using Points = std::map<uint64_t, std::vector<uint32_t>>;

/// Every point of a cube with sides of 2^bits, by its place on the curve.
template <typename Key>
Points Walk(size_t columns, int bits, Key key) {
  Points points;
  const uint64_t all = uint64_t{1} << (columns * static_cast<size_t>(bits));
  for (uint64_t number = 0; number < all; ++number) {
    std::vector<uint32_t> point(columns);
    for (size_t i = 0; i < columns; ++i) {
      point[i] = static_cast<uint32_t>(number >> (i * static_cast<size_t>(bits))) &
                 ((uint32_t{1} << bits) - 1);
    }
    points[key(point, bits)] = point;
  }
  return points;
}

int Distance(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  int distance = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    distance += std::abs(static_cast<int>(a[i]) - static_cast<int>(b[i]));
  }
  return distance;
}

TEST(SpaceCurve, NeighboursOnTheHilbertCurveAreNeighboursInSpace) {
  for (const auto& [columns, bits] : std::vector<std::pair<size_t, int>>{
           {1, 10}, {2, 1}, {2, 6}, {3, 4}, {4, 3}, {5, 2}, {6, 2}, {7, 2}}) {
    SCOPED_TRACE(std::to_string(columns) + " columns, " + std::to_string(bits) + " bits");
    const auto points =
        Walk(columns, bits, [](const auto& point, int n) { return HilbertKey(point, n); });
    ASSERT_EQ(points.size(), uint64_t{1} << (columns * static_cast<size_t>(bits)));
    EXPECT_EQ(points.rbegin()->first, points.size() - 1);
    for (auto at = points.begin(); std::next(at) != points.end(); ++at) {
      ASSERT_EQ(Distance(at->second, std::next(at)->second), 1) << "after place " << at->first;
    }
  }
}

TEST(SpaceCurve, ZOrderTakesBitsInTurn) {
  const std::vector<uint32_t> point{0b101, 0b011};
  EXPECT_EQ(ZOrderKey(point, 3), 0b100111U);
  const auto points = Walk(3, 3, [](const auto& p, int bits) { return ZOrderKey(p, bits); });
  EXPECT_EQ(points.size(), 512U);
  EXPECT_EQ(points.rbegin()->first, 511U);
}

TEST(SpaceCurve, KeysOfTheMostColumnsFit) {
  for (size_t columns = 1; columns <= kMaxCurveColumns; ++columns) {
    const int bits = BitsPerColumn(columns);
    EXPECT_LE(bits * static_cast<int>(columns), 64);
    const std::vector<uint32_t> last(columns, (uint32_t{1} << bits) - 1);
    const int used = bits * static_cast<int>(columns);
    const uint64_t all = used == 64 ? ~uint64_t{0} : (uint64_t{1} << used) - 1;
    EXPECT_EQ(ZOrderKey(last, bits), all);
    EXPECT_LE(HilbertKey(last, bits), all);
  }
  EXPECT_EQ(BitsPerColumn(4), 10);
  EXPECT_EQ(BitsPerColumn(16), 4);
}

TEST(RankBounds, RanksGrowWithValuesAndSpreadOverTheScale) {
  std::vector<int> sample;
  for (int i = 0; i < 50'000; ++i) sample.push_back(i);
  const RankBounds<int> even(sample);
  EXPECT_EQ(even.RankOf(-1), 0U);
  EXPECT_NEAR(even.RankOf(25'000), 500, 1);
  EXPECT_EQ(even.RankOf(1'000'000), kRankRanges - 1);
  const RankBounds<int> few(std::vector<int>{1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3});
  EXPECT_LT(few.RankOf(1) + 300, few.RankOf(2));
  EXPECT_LT(few.RankOf(2) + 300, few.RankOf(3));
  EXPECT_EQ(RankBounds<int>().RankOf(7), 0U);
}

TEST(RankBounds, EqualValuesHaveEqualRanks) {
  const RankBounds<std::string> bounds(std::vector<std::string>(100, "x"));
  EXPECT_EQ(bounds.RankOf(std::string("a")), 0U);
  EXPECT_EQ(bounds.RankOf(std::string("x")), kRankRanges - 1);
  EXPECT_EQ(bounds.RankOf(std::string("y")), kRankRanges - 1);
}

}  // namespace
}  // namespace lakehouse::storage::partitioning
