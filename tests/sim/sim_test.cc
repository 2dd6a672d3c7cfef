// The simulation itself: it repeats, its processes die for good, and its judge sees what is wrong.
#include <gtest/gtest.h>

#include <algorithm>

#include "error_code.h"
#include "history.h"
#include "io/fault_store.h"
#include "simulated_store.h"
#include "simulation.h"

namespace lakehouse::sim {
namespace {

using Kind = Operation::Kind;
using Outcome = Operation::Outcome;

TEST(Simulation, ASeedGoesTheSameWayEachTime) {
  const Report one = RunSeed(7), again = RunSeed(7), other = RunSeed(8);
  EXPECT_EQ(one.trace_hash, again.trace_hash);
  EXPECT_NE(one.trace_hash, other.trace_hash);
}

TEST(Simulation, SeedsHoldWhatIsPromised) {
  Counts all;
  for (uint64_t seed = 1'000'000; seed < 1'000'100; ++seed) {
    const Report report = RunSeed(seed);
    all.Add(report.counts);
    EXPECT_EQ(report.violations, std::vector<std::string>{}) << seed;
  }
  // What nothing happened in would show nothing.
  EXPECT_GT(all.commits, 700);
  EXPECT_GT(all.conflicts, 30);
  EXPECT_GT(all.unknowns, 50);
  EXPECT_GT(all.reads, 300);
  EXPECT_GT(all.checkpoints, 10);
  EXPECT_GT(all.faults.crashes, 50);
  EXPECT_GT(all.faults.late_writes, 10);
}

TEST(Scheduler, HandlersOfExceptionsGoWithTheirFibers) {
  Scheduler scheduler(3);
  std::vector<std::string> seen;
  for (const char* name : {"a", "b", "c"}) {
    scheduler.Spawn([&, name] {
      try {
        scheduler.Yield();
        throw std::runtime_error(name);
      } catch (const std::exception& error) {
        scheduler.Yield(scheduler.step() % 5);
        try {
          throw std::logic_error("inner");
        } catch (const std::logic_error&) {
          scheduler.Yield();
        }
        EXPECT_EQ(std::string(error.what()), name);
        seen.push_back(error.what());
      }
      EXPECT_EQ(std::uncaught_exceptions(), 0);
    });
  }
  scheduler.Run();
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(SimulatedStore, ADeadProcessWritesNothing) {
  World world(1, {.crash = 1}, false);
  Process process(world, 0, 1, 0);
  const auto store = MakeSimulatedStore(process);
  world.scheduler.Spawn([&] {
    const auto writer = store->Create("a");
    const auto crashes = [](auto work) {
      try {
        work();
        return false;
      } catch (const io::SimulatedCrash&) {
        return true;
      }
    };
    EXPECT_TRUE(crashes([&] { store->Read("nothing"); }));
    EXPECT_TRUE(process.dead);
    world.rates = {};
    EXPECT_TRUE(crashes([&] { store->Write("b", "x"); }));
    EXPECT_TRUE(crashes([&] { store->WriteIfAbsent("c", "x"); }));
    EXPECT_TRUE(crashes([&] { store->Delete("a"); }));
    EXPECT_TRUE(crashes([&] { writer->Finish(); }));
    EXPECT_TRUE(crashes([&] { store->Create("d"); }));
  });
  world.scheduler.Run();
  EXPECT_TRUE(world.List("", {}, world.scheduler.step()).empty());
}

/// What goes wrong leaves the store as it says: nothing, the write, or the write some steps later.
TEST(SimulatedStore, LostRepliesMayHaveBeenCarriedOut) {
  int done = 0, later = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    World world(seed, {.lost_reply = 0.5, .late = 0.5}, false);
    Process process(world, 0, 1, 0);
    const auto store = MakeSimulatedStore(process);
    world.scheduler.Spawn(
        [&] { EXPECT_EQ(CodeOf([&] { store->WriteIfAbsent("a", "x"); }), "LK-8006"); });
    world.scheduler.Run();
    const bool there = world.Find("a") != nullptr;
    done += there ? 1 : 0;
    world.scheduler.Spawn([&] { world.scheduler.Yield(100); });
    world.scheduler.Run();
    later += !there && world.Find("a") != nullptr ? 1 : 0;
  }
  EXPECT_GT(done, 5);
  EXPECT_GT(later, 5);
  EXPECT_LT(done + later, 40);
}

/// A history of five operations that can have happened; the tests break it.
class HistoryTest : public testing::Test {
 protected:
  HistoryTest() {
    Add("create", Kind::kCreate, 1, 2, {}, {});
    Add("one", Kind::kAppend, 3, 6, {"f1"}, {}).app = "app";
    operations_.back().app_version = 1;
    entries_.back().apps["app"] = 1;
    Add("two", Kind::kAppend, 4, 7, {"f2"}, {}).base = 0;
    Add("over", Kind::kOverwrite, 8, 9, {"f3"}, {"f1", "f2"});
    Operation& deletes = Add("rows", Kind::kDeleteRows, 10, 12, {}, {});
    deletes.deletes["f3"] = {1, 2};
    entries_.back().removes = {{"f3", 0}};
    entries_.back().adds["f3"] = 5;
    entries_.back().cardinalities["f3"] = 2;
    Operation read;
    read.id = "read";
    read.start = 13;
    read.end = 14;
    read.outcome = Outcome::kCommitted;
    read.version = 4;
    read.seen["f3"] = {5, {1, 2}};
    operations_.push_back(read);
  }
  Operation& Add(const std::string& id, Kind kind, int64_t start, int64_t end,
                 const std::vector<std::string>& adds, const std::set<std::string>& removes) {
    Operation operation;
    operation.id = id;
    operation.kind = kind;
    operation.start = start;
    operation.end = end;
    operation.outcome = Outcome::kCommitted;
    operation.version = static_cast<int64_t>(entries_.size());
    operation.base = operation.version - 1;
    Entry entry;
    entry.version = operation.version;
    entry.id = id;
    for (const std::string& path : adds) operation.adds[path] = entry.adds[path] = 5;
    operation.removes = removes;
    for (const std::string& path : removes) entry.removes[path] = 0;
    operations_.push_back(operation);
    entries_.push_back(entry);
    return operations_.back();
  }
  size_t Faults() {
    std::vector<Model> models;
    return Check(operations_, entries_, models).size();
  }

  std::deque<Operation> operations_;
  std::vector<Entry> entries_;
};

TEST_F(HistoryTest, CanHaveHappened) { EXPECT_EQ(Faults(), 0u); }

TEST_F(HistoryTest, ALostCommitIsSeen) {
  entries_.pop_back();
  EXPECT_GT(Faults(), 0u);
}
TEST_F(HistoryTest, AGapIsSeen) {
  entries_.back().version = 5;
  EXPECT_GT(Faults(), 0u);
}
TEST_F(HistoryTest, ADoubledCommitIsSeen) {
  entries_.push_back(entries_[1]);
  entries_.back().version = 5;
  EXPECT_GT(Faults(), 0u);
}
TEST_F(HistoryTest, ACommitOfSomebodyElseIsSeen) {
  entries_[2].id = "nobody";
  EXPECT_GT(Faults(), 0u);
}
TEST_F(HistoryTest, WhatWasToldToConflictAndIsThereIsSeen) {
  operations_[2].outcome = Outcome::kConflict;
  EXPECT_GT(Faults(), 0u);
}
TEST_F(HistoryTest, WhatNobodyKnowsMayBeThereOrNot) {
  operations_[2].outcome = Outcome::kUnknown;
  EXPECT_EQ(Faults(), 0u);
  operations_[4].outcome = Outcome::kPending;
  operations_[5].version = 3;
  operations_[5].seen = {{"f3", {5, {}}}};
  entries_.pop_back();
  EXPECT_EQ(Faults(), 0u);
}
TEST_F(HistoryTest, SwappedCommitsAreSeen) {
  operations_[3].end = 2;
  EXPECT_GT(Faults(), 0u);
}
TEST_F(HistoryTest, AnOverwriteThatHasNotSeenAnOverwriteIsSeen) {
  operations_[3].base = 1;
  operations_[3].removes = {"f1"};
  entries_[3].removes.erase("f2");
  operations_[5].seen["f2"] = {5, {}};
  EXPECT_EQ(Faults(), 0u) << "blind appends may stand before it";
  operations_[2].kind = Kind::kRewrite;
  EXPECT_GT(Faults(), 0u);
}
TEST_F(HistoryTest, AFileRemovedTwiceIsSeen) {
  operations_[4].removes = {"f1"};
  entries_[4].removes = {{"f1", 0}};
  operations_[4].deletes.clear();
  EXPECT_GT(Faults(), 0u);
}
TEST_F(HistoryTest, ARowDeletedTwiceIsSeen) {
  Operation& again = Add("again", Kind::kDeleteRows, 15, 16, {}, {});
  again.deletes["f3"] = {2, 3};
  entries_.back().removes = {{"f3", 0}};
  entries_.back().adds["f3"] = 5;
  entries_.back().cardinalities["f3"] = 3;
  EXPECT_GT(Faults(), 0u);
}
/// Two of the five rows of f3 are deleted; another one, when the move began, was there still.
TEST_F(HistoryTest, RowsThatAreMovedStayWhatTheyAre) {
  Operation& deletes = Add("more", Kind::kDeleteRows, 15, 16, {}, {});
  deletes.deletes["f3"] = {4};
  entries_.back().removes = {{"f3", 0}};
  entries_.back().adds["f3"] = 5;
  entries_.back().cardinalities["f3"] = 3;
  Operation& moves = Add("moves", Kind::kRearrange, 15, 17, {"f4"}, {"f3"});
  moves.base = 4;
  moves.adds["f4"] = entries_.back().adds["f4"] = 3;
  moves.sources = {"f3"};
  moves.targets = {"f4"};
  EXPECT_GT(Faults(), 0u) << "the deleted one has come back";
  entries_.back().cardinalities["f4"] = 1;
  EXPECT_EQ(Faults(), 0u);
  Operation& last = Add("last", Kind::kDeleteRows, 15, 18, {}, {});
  last.base = 4;
  last.deletes["f3"] = {0};
  entries_.back().removes = {{"f4", 0}};
  entries_.back().adds["f4"] = 3;
  entries_.back().cardinalities["f4"] = 2;
  EXPECT_EQ(Faults(), 0u) << "a row is deleted where it is";
  last.deletes["f3"] = {4};
  EXPECT_GT(Faults(), 0u) << "and not twice";
}
TEST_F(HistoryTest, WhatIsRestoredIsWhatWasThere) {
  Operation& restores = Add("back", Kind::kRestore, 15, 16, {}, {});
  restores.restored = 2;
  entries_.back().read_version = 4;
  entries_.back().removes = {{"f3", 0}};
  entries_.back().adds = {{"f1", 5}};
  EXPECT_GT(Faults(), 0u);
  entries_.back().adds["f2"] = 5;
  EXPECT_EQ(Faults(), 0u);
}
TEST_F(HistoryTest, AVacuumChangesNoFile) {
  Add("", Kind::kVacuum, 15, 16, {}, {});
  entries_.back().vacuum = true;
  EXPECT_EQ(Faults(), 0u);
  entries_.back().removes["f3"] = 0;
  EXPECT_GT(Faults(), 0u);
}
TEST_F(HistoryTest, AVectorThatForgetsRowsIsSeen) {
  entries_[4].cardinalities["f3"] = 1;
  EXPECT_GT(Faults(), 0u);
}
TEST_F(HistoryTest, ATransactionOfAnApplicationThatComesTwiceIsSeen) {
  operations_[2].app = "app";
  entries_[2].apps["app"] = 1;
  EXPECT_GT(Faults(), 0u);
}
TEST_F(HistoryTest, RowIdsThatAreGivenTwiceAreSeen) {
  entries_[1].row_ids["f1"] = 5;
  entries_[2].row_ids["f2"] = 10;
  EXPECT_EQ(Faults(), 0u);
  entries_[2].row_ids["f2"] = 9;
  EXPECT_GT(Faults(), 0u);
}
TEST_F(HistoryTest, OtherRowIdsOfAFileAreSeen) {
  entries_[3].row_ids["f3"] = 5;
  entries_[4].row_ids["f3"] = 6;
  EXPECT_GT(Faults(), 0u);
}
TEST_F(HistoryTest, TimesOfCommitsThatGoBackAreSeen) {
  entries_[1].timestamp_ms = 5;
  entries_[2].timestamp_ms = 5;
  EXPECT_GT(Faults(), 0u);
}
TEST_F(HistoryTest, AReadOfOtherRowsIsSeen) {
  operations_[5].seen["f3"].deleted.clear();
  EXPECT_GT(Faults(), 0u);
}
TEST_F(HistoryTest, AnOldReadIsSeen) {
  operations_[5].version = 3;
  operations_[5].seen = {{"f3", {5, {}}}};
  EXPECT_GT(Faults(), 0u);
  operations_[5].old_list = true;
  EXPECT_EQ(Faults(), 0u) << "the store itself gave an old listing";
}
TEST_F(HistoryTest, AReadThatGoesBackIsSeen) {
  Operation back = operations_[5];
  back.version = 3;
  back.seen = {{"f3", {5, {}}}};
  back.old_list = true;
  operations_.push_back(back);
  EXPECT_GT(Faults(), 0u);
  operations_.back().session = 1;
  EXPECT_EQ(Faults(), 0u);
}

}  // namespace
}  // namespace lakehouse::sim
