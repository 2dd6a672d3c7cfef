// Transactions begin and commit in any order: each result must be the one of doing them one after
// the other, and a conflict is only what could not be done.
#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "commit_race.h"

namespace lakehouse::storage::delta {
namespace {

using RowsOfFile = std::set<uint64_t>;

class CommitHistory : public CommitRace {
 protected:
  enum class Kind { kInsert, kDelete, kRewrite, kCopy };
  struct Change {
    std::unique_ptr<Transaction> transaction;
    Kind kind = Kind::kInsert;
    std::string file;   ///< that is read or changed
    std::string added;  ///< new file
    RowsOfFile seen;    ///< rows of `file` in the snapshot
    RowsOfFile deleted;
  };

  void Start(uint64_t seed) {
    random_ = std::make_unique<SeededRandom>(seed);
    store_ = io::MakeMemoryStore();
    location_ = {store_, "t"};
    Create();
    rows_ = {{"low", AllRows(10)}, {"high", AllRows(10)}};
    moved_.clear();
    files_ = 0;
  }
  static RowsOfFile AllRows(uint64_t count) {
    RowsOfFile rows;
    for (uint64_t row = 0; row < count; ++row) rows.insert(row);
    return rows;
  }
  static RowsOfFile RowsIn(const Snapshot& snapshot, size_t index) {
    const auto deleted = snapshot.DeletedRows(index);
    RowsOfFile rows;
    for (int64_t row = 0; row < snapshot.file(index).num_records; ++row) {
      const auto position = static_cast<uint64_t>(row);
      if (!deleted || !deleted->Contains(position)) rows.insert(position);
    }
    return rows;
  }
  Change BeginOne() {
    Change change;
    change.transaction = Begin();
    const Snapshot& base = *change.transaction->base();
    change.kind = base.file_count() < 2 ? Kind::kInsert : static_cast<Kind>(random_->Below(4));
    change.added = "f" + std::to_string(files_++);
    if (change.kind == Kind::kInsert) {
      change.transaction->AddFile(File(change.added, 0));
      return change;
    }
    const size_t index = random_->Below(base.file_count());
    change.file = base.file(index).path;
    change.seen = RowsIn(base, index);
    const auto reads = [path = change.file](const Snapshot& files, size_t i) {
      return files.file(i).path == path;
    };
    NewFile added = File(change.added, 0);
    added.stats.num_records = static_cast<int64_t>(change.seen.size());
    switch (change.kind) {
      case Kind::kDelete:
        for (const uint64_t row : change.seen) {
          if (change.deleted.empty() || random_->Below(4) == 0) change.deleted.insert(row);
        }
        change.transaction->MarkRead(reads, true);
        change.transaction->DeleteRows(index, Rows({change.deleted.begin(), change.deleted.end()}));
        break;
      case Kind::kRewrite:
        change.transaction->MarkRearranged();
        change.transaction->MarkRead(reads);
        change.transaction->RemoveFile(index);
        change.transaction->AddFile(added);
        break;
      default:
        change.transaction->MarkRead(reads);
        change.transaction->AddFile(added);
    }
    return change;
  }
  /// Are the rows of the file those that the change has seen? Rewritten ones are elsewhere.
  bool StillThere(const Change& change) const {
    const auto found = rows_.find(change.file);
    return found != rows_.end() && found->second == change.seen;
  }
  bool MaySucceed(const Change& change) const {
    const auto found = rows_.find(change.file);
    switch (change.kind) {
      case Kind::kInsert:
        return true;
      case Kind::kDelete:
        return found != rows_.end() && std::includes(found->second.begin(), found->second.end(),
                                                     change.deleted.begin(), change.deleted.end());
      case Kind::kRewrite:
        return StillThere(change);
      case Kind::kCopy:
        return StillThere(change) || moved_.count(change.file) > 0;
    }
    return false;
  }
  void CommitOne(Change& change) {
    const bool may_succeed = MaySucceed(change);
    const CommitResult result = change.transaction->Commit({});
    const bool committed = result.outcome == CommitOutcome::kCommitted;
    if (change.kind == Kind::kCopy && rows_.count(change.file) == 0) {
      // The rows may be in another file now: a conflict is allowed, a wrong copy is not.
      if (committed) {
        EXPECT_EQ(moved_[change.file], change.seen) << "copied what is not there";
      }
    } else {
      EXPECT_EQ(committed, may_succeed) << static_cast<int>(change.kind) << " " << result.reason;
    }
    ++(committed ? commits_ : conflicts_);
    if (committed) Apply(change);
  }
  void Apply(const Change& change) {
    if (change.kind == Kind::kInsert) rows_[change.added] = AllRows(10);
    if (change.kind == Kind::kCopy) rows_[change.added] = AllRows(change.seen.size());
    if (change.kind == Kind::kDelete) {
      for (const uint64_t row : change.deleted) rows_[change.file].erase(row);
      if (rows_[change.file].empty()) rows_.erase(change.file);
      // Rows that moved here from other files are no longer what was read there.
      for (auto& [old, rows] : moved_) rows = {};
    }
    if (change.kind == Kind::kRewrite) {
      rows_.erase(change.file);
      rows_[change.added] = AllRows(change.seen.size());
      moved_[change.file] = change.seen;
    }
  }
  void ExpectTableIsAsModelled() {
    const auto latest = OpenTable(location_, context_)->Latest();
    std::map<std::string, RowsOfFile> found;
    for (size_t i = 0; i < latest->file_count(); ++i) {
      found[std::string(latest->file(i).path)] = RowsIn(*latest, i);
    }
    EXPECT_EQ(found, rows_);
  }

  std::unique_ptr<SeededRandom> random_;
  std::map<std::string, RowsOfFile> rows_;   ///< by file, after the last commit
  std::map<std::string, RowsOfFile> moved_;  ///< files that were rewritten, with the rows then
  int files_ = 0;
  int commits_ = 0;
  int conflicts_ = 0;
};

TEST_F(CommitHistory, IsThatOfOneAfterTheOther) {
  constexpr int kSteps = 300;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Start(seed);
    std::vector<Change> open;
    for (int step = 0; step < kSteps; ++step) {
      if (open.size() < 2 || (open.size() < 8 && random_->Below(2) == 0)) {
        open.push_back(BeginOne());
        continue;
      }
      const size_t chosen = random_->Below(open.size());
      CommitOne(open[chosen]);
      open.erase(open.begin() + static_cast<ptrdiff_t>(chosen));
    }
    ExpectTableIsAsModelled();
    if (HasFailure()) return;
  }
  std::printf("%d commits, %d conflicts\n", commits_, conflicts_);
  EXPECT_GT(commits_, 500);
  EXPECT_GT(conflicts_, 20);
}

}  // namespace
}  // namespace lakehouse::storage::delta
