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

TEST(RowSetTest, TheComplementIsWhatIsLeft) {
  const RowSet set = SetOf({0, 3, 4, 1000});
  const RowSet rest = set.Complement(6);
  EXPECT_EQ(rest, SetOf({1, 2, 5}));
  EXPECT_TRUE(set.Complement(0).empty());
  EXPECT_EQ(RowSet().Complement((uint64_t{1} << 32) + 5).size(), (int64_t{1} << 32) + 5);
  EXPECT_EQ(rest.Complement(6), SetOf({0, 3, 4}));
}

TEST(RowSetTest, ThePortableFormIsReadBack) {
  RowSet set = SetOf({1, 2, 3, 70'000, uint64_t{1} << 32, (uint64_t{5} << 32) + 9});
  std::vector<uint64_t> many;
  for (uint64_t row = 200'000; row < 300'000; row += 2) many.push_back(row);  // a bitset
  for (uint64_t row = 400'000; row < 460'000; ++row) many.push_back(row);     // runs
  set.Add(many);
  const std::string bytes = set.ToPortable();
  EXPECT_EQ(RowSet::FromPortable(bytes), set);
  EXPECT_EQ(RowSet::FromPortable(RowSet().ToPortable()), RowSet());
}

TEST(RowSetTest, BytesThatAreNotWholeAreNoSet) {
  RowSet set = SetOf({1, 2, 3, 70'000, uint64_t{1} << 32});
  std::vector<uint64_t> many;
  for (uint64_t row = 200'000; row < 220'000; row += 2) many.push_back(row);
  for (uint64_t row = 400'000; row < 410'000; ++row) many.push_back(row);
  set.Add(many);
  const std::string bytes = set.ToPortable();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(RowSet::FromPortable(bytes.substr(0, size)), std::nullopt) << size;
  }
  EXPECT_EQ(RowSet::FromPortable(bytes + "x"), std::nullopt);
  // A changed bit gives another set or none, never more rows than the bytes say.
  for (size_t at = 0; at < bytes.size(); at += 7) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x11);
    const auto found = RowSet::FromPortable(damaged);
    EXPECT_GE(found ? found->size() : 0, 0);
  }
}

TEST(RowSetTest, RunsThatTouchAreOneRun) {
  // One bucket, one container of two runs: 100 to 199 and 200 to 399.
  const unsigned char bytes[] = {1, 0, 0, 0,  0, 0, 0, 0,   0, 0,  0, 0,   0x3b, 0x30, 0, 0,
                                 1, 0, 0, 43, 1, 2, 0, 100, 0, 99, 0, 200, 0,    199,  0};
  const auto found = RowSet::FromPortable({reinterpret_cast<const char*>(bytes), sizeof bytes});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 300U);
  EXPECT_EQ(RowSet::FromPortable(found->ToPortable()), found);
}

TEST(RowSetTest, ARunMayEndAtTheLastPlaceOfAContainer) {
  RowSet set;
  for (uint64_t row = 65'500; row < 65'536; ++row) set.Add(std::vector<uint64_t>{row});
  const auto read = RowSet::FromPortable(set.ToPortable());
  EXPECT_EQ(read, set);
  EXPECT_EQ(read->size(), 36);
}

}  // namespace
}  // namespace lakehouse::storage
