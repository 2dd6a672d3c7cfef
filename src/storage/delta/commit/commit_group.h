#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <vector>

#include "storage/delta/commit/commit.h"

namespace lakehouse::storage::delta {

/// Puts the blind appends of one process that wait for the same version of a table into one commit:
/// while one is written the next ones gather. Whoever comes first leads: its thread does the work
/// of all. Nobody waits for others to come. Thread-safe.
class CommitGroup {
 public:
  static constexpr size_t kMaxMembers = 128;
  static constexpr size_t kMaxFiles = 10'000;  ///< of one commit

  /// A transaction's part. `ours` and `ground` are used by the leader until Commit returns.
  struct Member {
    Pending& ours;
    Ground& ground;
    HistoryEntry info;
    CommitResult result = {};
    bool led = false;  ///< did this one lead?
    std::exception_ptr failure = nullptr;
    bool done = false;
  };

  CommitGroup(Log log, StorageContext context);

  /// May it be put together with others? (A blind append that sets nothing else.)
  static bool Takes(const Pending& ours);

  /// The outcome of `member`, which is its own: one that conflicts does not disturb the others.
  /// What fails for all, and an unknown outcome, is told to all.
  CommitResult Commit(Member& member);

 private:
  std::vector<Member*> TakeMembers();
  void CommitTogether(std::vector<Member*> members);
  /// Brings all to the latest version; those that conflict are settled and left out.
  void Place(std::vector<Member*>& members);
  Actions Unite(const std::vector<Member*>& members) const;
  std::optional<Winner> Find(int64_t version);

  const Log log_;
  const StorageContext context_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Member*> waiting_;       ///< guarded by mutex_
  bool leading_ = false;              ///< guarded by mutex_
  std::map<int64_t, Winner> recent_;  ///< versions that were looked at; the leader's
};

}  // namespace lakehouse::storage::delta
