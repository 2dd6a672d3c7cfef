#include "storage/maintenance/compaction.h"

#include <gtest/gtest.h>

#include "fake_snapshot.h"

namespace lakehouse::storage::maintenance {
namespace {

using Files = std::vector<size_t>;

std::vector<Files> Plan(const FakeSnapshot& snapshot, int64_t target) {
  std::vector<Files> plan;
  for (const auto& group : PlanCompaction(snapshot, snapshot.All(), {.target_bytes = target})) {
    plan.push_back(group.files);
  }
  return plan;
}

TEST(Compaction, SmallFilesShareABinUpToTheTarget) {
  const FakeSnapshot snapshot(
      {{"", 60}, {"", 10}, {"", 30}, {"", 200}, {"", 90}, {"", 20}, {"", 50}});
  // 10 + 20 + 30, then 50; 60 and 90 stay alone.
  EXPECT_EQ(Plan(snapshot, 100), (std::vector<Files>{{1, 5, 2}}));
}

TEST(Compaction, PartitionsAreNeverMixed) {
  const FakeSnapshot snapshot({{"x", 10}, {"y", 10}, {"x", 10}, {"", 10}, {"", 10}, {"z", 1}},
                              /*partitioned=*/true);
  EXPECT_EQ(Plan(snapshot, 100), (std::vector<Files>{{3, 4}, {0, 2}}));
}

TEST(Compaction, AWornFileIsWrittenAnewByItself) {
  const FakeSnapshot snapshot({{"", 500, 100, 6}, {"", 500, 100, 5}, {"", 500, -1, 1}});
  EXPECT_EQ(Plan(snapshot, 100), (std::vector<Files>{{0}, {2}}));
}

TEST(Compaction, WhatWasPlannedIsNotPlannedAgain) {
  const FakeSnapshot once({{"", 40}, {"", 40}, {"", 40}, {"", 40}, {"", 40}});
  EXPECT_EQ(Plan(once, 100).size(), 2U);
  const FakeSnapshot twice({{"", 80}, {"", 80}, {"", 40}});
  EXPECT_TRUE(Plan(twice, 100).empty());
  EXPECT_TRUE(Plan(FakeSnapshot({}), 100).empty());
  EXPECT_TRUE(Plan(FakeSnapshot({{"", 1}}), 100).empty());
}

TEST(Compaction, DeletedRowsTakeNoPlaceInABin) {
  const FakeSnapshot snapshot({{"", 90, 100, 90}, {"", 90, 100, 90}, {"", 50}});
  EXPECT_EQ(Plan(snapshot, 100), (std::vector<Files>{{0, 1, 2}}));
}

}  // namespace
}  // namespace lakehouse::storage::maintenance
