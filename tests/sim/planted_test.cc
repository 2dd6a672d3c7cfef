// Built with the planted bugs: the simulation must see each of them.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/logging.h"
#include "simulation.h"

namespace lakehouse::sim {
namespace {

constexpr uint64_t kSeeds = 100;

int64_t SeedsThatSee(const char* plant) {
  ConfigureLogging(LogLevel::kOff, LogFormat::kAuto);
  setenv("LAKEHOUSE_PLANT", plant, 1);
  int64_t seen = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) seen += RunSeed(seed).violations.empty() ? 0 : 1;
  unsetenv("LAKEHOUSE_PLANT");
  return seen;
}

/// Some come to light in few seeds: the first one ends it.
bool IsSeen(const char* plant) {
  constexpr uint64_t kMostSeeds = 4000;
  ConfigureLogging(LogLevel::kOff, LogFormat::kAuto);
  setenv("LAKEHOUSE_PLANT", plant, 1);
  uint64_t seed = 1;
  while (seed <= kMostSeeds && RunSeed(seed).violations.empty()) ++seed;
  unsetenv("LAKEHOUSE_PLANT");
  testing::Test::RecordProperty("first_seed", std::to_string(seed));
  return seed <= kMostSeeds;
}

TEST(PlantedBugs, NothingIsSeenWithoutOne) { EXPECT_EQ(SeedsThatSee("none"), 0); }

TEST(PlantedBugs, AForeignEntryTakenForOursIsSeen) {
  EXPECT_GT(SeedsThatSee("commit.skip-id-check"), 10);
}

TEST(PlantedBugs, AnEntryOfOursTakenForAForeignOneIsSeen) {
  EXPECT_GT(SeedsThatSee("commit.forget-own-id"), 10);
}

TEST(PlantedBugs, ARowThatTwoDeleteIsSeen) { EXPECT_TRUE(IsSeen("rebase.skip-row-check")); }

TEST(PlantedBugs, DeletedRowsThatACompactionBringsBackAreSeen) {
  EXPECT_TRUE(IsSeen("compaction.keep-lost-rows"));
}

TEST(PlantedBugs, RowsThatACompactionTakesForOthersAreSeen) {
  EXPECT_TRUE(IsSeen("compaction.ignore-gaps"));
}

TEST(PlantedBugs, AVacuumWithoutRetentionIsSeen) { EXPECT_TRUE(IsSeen("vacuum.no-retention")); }

TEST(PlantedBugs, AVacuumThatForgetsWhatIsRemovedIsSeen) {
  EXPECT_TRUE(IsSeen("vacuum.forget-tombstones"));
}

TEST(PlantedBugs, AVacuumThatTakesYoungFilesIsSeen) {
  EXPECT_TRUE(IsSeen("vacuum.delete-young-files"));
}

TEST(PlantedBugs, AVacuumThatForgetsVectorsIsSeen) { EXPECT_TRUE(IsSeen("vacuum.forget-vectors")); }

TEST(PlantedBugs, WinnersThatAreNotLookedAtAreSeen) {
  EXPECT_GT(SeedsThatSee("commit.skip-conflict-check"), 10);
}

}  // namespace
}  // namespace lakehouse::sim
