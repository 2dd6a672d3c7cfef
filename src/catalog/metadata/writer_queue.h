#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace lakehouse::catalog::metadata {

class Database;

/// The one thread that writes. Changes that wait together share one transaction and so one sync of
/// the disk (group commit); each still fails or succeeds alone. Thread-safe.
class WriterQueue {
 public:
  using Change = std::function<void(Database&)>;

  /// `max_queued` callers may wait; more block until there is room. Up to `max_group` changes share
  /// a transaction. `database` is used by nobody else from now on.
  WriterQueue(Database& database, size_t max_queued, size_t max_group);
  /// Ends after what waits is done.
  ~WriterQueue();

  /// Runs `change` in a transaction and returns once it is durable. Throws what `change` throws
  /// (then nothing of it stays), or what the commit throws.
  void Run(const Change& change);

 private:
  struct Item {
    const Change* change = nullptr;
    std::exception_ptr failure;
    bool done = false;
  };

  void Work();
  void CommitGroup(const std::vector<Item*>& group);
  void Apply(Item& item);

  Database& database_;
  const size_t max_queued_;
  const size_t max_group_;
  std::mutex mutex_;
  std::condition_variable arrived_;   ///< for the writer
  std::condition_variable finished_;  ///< for callers: a group is done, or there is room
  std::deque<Item*> queue_;           ///< guarded by mutex_
  bool stopping_ = false;             ///< guarded by mutex_
  std::thread thread_;                ///< last: starts when all else is there
};

}  // namespace lakehouse::catalog::metadata
