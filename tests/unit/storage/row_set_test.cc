#include "storage/row_set.h"

#include <gtest/gtest.h>

namespace lakehouse::storage {
namespace {

RowSet SetOf(std::vector<uint64_t> rows) {
  RowSet set;
  set.Add(rows);
  return set;
}

TEST(RowSetTest, CountsWhatIsNew) {
  RowSet set;
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(set.Add(std::vector<uint64_t>{1, 5, 5, uint64_t{1} << 40}), 3);
  EXPECT_EQ(set.Add(std::vector<uint64_t>{5, 6}), 1);
  EXPECT_EQ(set.size(), 4);
  EXPECT_TRUE(set.Contains(uint64_t{1} << 40));
  EXPECT_FALSE(set.Contains(0));
  EXPECT_EQ(set.Unite(SetOf({6, 7})), 1);
}

TEST(RowSetTest, ExcludesFromARange) {
  const RowSet set = SetOf({3, 4, 9, uint64_t{1} << 33});
  std::vector<uint32_t> kept;
  EXPECT_FALSE(set.Exclude(5, 4, kept));
  EXPECT_FALSE(set.Exclude(10, 100, kept));
  EXPECT_FALSE(set.Exclude((uint64_t{1} << 33) + 1, 8, kept));
  ASSERT_TRUE(set.Exclude(3, 4, kept));
  EXPECT_EQ(kept, (std::vector<uint32_t>{2, 3}));
  ASSERT_TRUE(set.Exclude((uint64_t{1} << 33) - 1, 3, kept));
  EXPECT_EQ(kept, (std::vector<uint32_t>{0, 2}));
  ASSERT_TRUE(set.Exclude(3, 2, kept));
  EXPECT_TRUE(kept.empty());
  EXPECT_FALSE(RowSet().Exclude(0, 10, kept));
}

TEST(RowSetTest, SetsAreValues) {
  RowSet a = SetOf({1, 2, 3});
  RowSet b = a;
  b.Subtract(SetOf({2}));
  EXPECT_EQ(a.size(), 3);
  EXPECT_EQ(b, SetOf({1, 3}));
  EXPECT_TRUE(a.Intersects(b));
  EXPECT_FALSE(b.Intersects(SetOf({2})));
  a = std::move(b);
  EXPECT_EQ(a.size(), 2);
}

}  // namespace
}  // namespace lakehouse::storage
