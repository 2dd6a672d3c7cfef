// Appends of one process that share a commit: every one has its own outcome.
#include "storage/delta/commit/commit_group.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <set>
#include <thread>

#include "commit_race.h"
#include "lossy_store.h"

namespace lakehouse::storage::delta {
namespace {

/// Holds the first commit back until the others wait behind it.
class SlowStore : public LossyStore {
 public:
  using LossyStore::LossyStore;

  io::PutResult WriteIfAbsent(std::string_view path, std::string_view bytes) override {
    if (before_commit_) before_commit_();
    if (fails_) throw Error(ErrorKind::kIoError, "LK-8007", "the disk is gone");
    if (loses_replies_) LoseNextReply(true);
    return LossyStore::WriteIfAbsent(path, bytes);
  }

  std::function<void()> before_commit_;
  std::atomic<bool> fails_ = false;
  std::atomic<bool> loses_replies_ = false;
};

class CommitGroups : public CommitRace {
 protected:
  CommitGroups() {
    grouped_.group_commits = true;
    Create({{"delta.enableRowTracking", "true"}});
    shared_ = OpenTable({slow_, "t"}, grouped_);
    // The first commit waits until the others are behind it.
    slow_->before_commit_ = [this] {
      if (first_.exchange(false)) {
        while (begun_ < kWriters) std::this_thread::yield();
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
    };
  }
  /// What each of the writers is told, or the code of its error; writer i adds `name(i)`.
  std::vector<std::pair<CommitResult, std::string>> AppendAtOnce(
      const std::function<std::string(int)>& name, const std::string& user = "") {
    std::vector<std::pair<CommitResult, std::string>> told(kWriters);
    const auto base = shared_->Latest();
    std::vector<std::thread> threads;
    for (int w = 0; w < kWriters; ++w) {
      threads.emplace_back([&, w] {
        const auto transaction = shared_->Begin(base);
        transaction->AddFile(File(name(w), 0));
        CommitDescription description;
        description.metrics["numFiles"] = 1;
        description.user_name = user.empty() ? "" : user + std::to_string(w);
        ++begun_;
        told[w].second = CodeOf([&] { told[w].first = transaction->Commit(description); });
      });
    }
    for (std::thread& thread : threads) thread.join();
    return told;
  }
  static std::string Own(int writer) { return "f" + std::to_string(writer); }

  static constexpr int kWriters = 16;
  StorageContext grouped_{&SystemClock(), &SystemRandom()};
  std::shared_ptr<SlowStore> slow_ = std::make_shared<SlowStore>(store_);
  std::shared_ptr<Table> shared_;
  std::atomic<bool> first_ = true;
  std::atomic<int> begun_ = 0;
};

TEST_F(CommitGroups, ShareAVersionAndKeepTheirRowsApart) {
  std::map<int64_t, int64_t> members;
  for (const auto& [result, code] : AppendAtOnce(Own)) {
    EXPECT_EQ(code, "");
    EXPECT_EQ(result.outcome, CommitOutcome::kCommitted) << result.reason;
    ++members[result.version];
  }
  const auto latest = OpenTable(location_, context_)->Latest();
  EXPECT_LT(latest->version(), kWriters) << "some waited and came together";
  EXPECT_EQ(latest->file_count(), 2u + kWriters);
  std::set<int64_t> ids;
  for (size_t i = 0; i < latest->file_count(); ++i) {
    ids.insert(*dynamic_cast<const DeltaSnapshot&>(*latest).add(i).base_row_id);
  }
  EXPECT_EQ(ids.size(), latest->file_count());
  for (const HistoryEntry& entry : table_->History()) {
    if (entry.version == 0) continue;
    EXPECT_EQ(entry.metrics.at("numFiles"), std::to_string(members[entry.version]));
    EXPECT_TRUE(entry.is_blind_append);
    const auto tag = entry.tags.find("lakehouse.transactions");
    ASSERT_EQ(tag != entry.tags.end(), members[entry.version] > 1);
    if (tag == entry.tags.end()) continue;
    EXPECT_EQ(std::count(tag->second.begin(), tag->second.end(), ',') + 1, members[entry.version]);
    EXPECT_TRUE(tag->second.starts_with(entry.transaction_id));
  }
}

TEST_F(CommitGroups, DoNotMixUsers) {
  for (const auto& [result, code] : AppendAtOnce(Own, "user")) EXPECT_EQ(code, "");
  EXPECT_EQ(OpenTable(location_, context_)->Latest()->version(), kWriters);
}

TEST_F(CommitGroups, LetOnlyTheOneFailThatConflicts) {
  int conflicts = 0;
  for (const auto& [result, code] :
       AppendAtOnce([](int w) { return w < 2 ? std::string("same") : Own(w); })) {
    EXPECT_EQ(code, "");
    if (result.outcome == CommitOutcome::kConflict) ++conflicts;
  }
  EXPECT_EQ(conflicts, 1);
  EXPECT_EQ(OpenTable(location_, context_)->Latest()->file_count(), 2u + kWriters - 1);
}

TEST_F(CommitGroups, AreToldAllThatTheStoreFails) {
  slow_->fails_ = true;
  for (const auto& [result, code] : AppendAtOnce(Own)) EXPECT_EQ(code, "LK-8007");
  EXPECT_EQ(OpenTable(location_, context_)->Latest()->version(), 0);
}

TEST_F(CommitGroups, FindThemselvesAfterALostReply) {
  slow_->loses_replies_ = true;
  for (const auto& [result, code] : AppendAtOnce(Own)) {
    EXPECT_EQ(code, "");
    EXPECT_EQ(result.outcome, CommitOutcome::kCommitted);
  }
  EXPECT_EQ(OpenTable(location_, context_)->Latest()->file_count(), 2u + kWriters);
}

TEST_F(CommitGroups, StandBesideOtherProcesses) {
  std::thread other([&] {
    for (int i = 0; i < 20; ++i) {
      const auto table = OpenTable(location_, context_);
      const auto transaction = table->Begin(table->Latest());
      transaction->AddFile(File("other" + std::to_string(i), 0));
      EXPECT_EQ(transaction->Commit({}).outcome, CommitOutcome::kCommitted);
    }
  });
  for (const auto& [result, code] : AppendAtOnce(Own)) {
    EXPECT_EQ(result.outcome, CommitOutcome::kCommitted) << result.reason << code;
  }
  other.join();
  EXPECT_EQ(OpenTable(location_, context_)->Latest()->file_count(), 2u + kWriters + 20);
}

TEST_F(CommitGroups, TakeOnlyBlindAppends) {
  Pending ours;
  ours.base = std::dynamic_pointer_cast<const DeltaSnapshot>(table_->Latest());
  EXPECT_FALSE(CommitGroup::Takes(ours));
  ours.adds = {std::make_shared<AddFile>()};
  EXPECT_TRUE(CommitGroup::Takes(ours));
  ours.transactions = {{"app", {1, 0}}};
  EXPECT_FALSE(CommitGroup::Takes(ours));
  ours.transactions.clear();
  ours.read_all = true;
  EXPECT_FALSE(CommitGroup::Takes(ours));
}

}  // namespace
}  // namespace lakehouse::storage::delta
