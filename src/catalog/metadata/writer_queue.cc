#include "catalog/metadata/writer_queue.h"

#include "catalog/metadata/sqlite_database.h"

namespace lakehouse::catalog::metadata {

WriterQueue::WriterQueue(Database& database, size_t max_queued, size_t max_group)
    : database_(database),
      max_queued_(max_queued),
      max_group_(max_group),
      thread_([this] { Work(); }) {}

WriterQueue::~WriterQueue() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

void WriterQueue::Run(const Change& change) {
  Item item{&change, nullptr, false};
  std::unique_lock lock(mutex_);
  finished_.wait(lock, [&] { return queue_.size() < max_queued_; });
  queue_.push_back(&item);
  arrived_.notify_one();
  finished_.wait(lock, [&] { return item.done; });
  if (item.failure) std::rethrow_exception(item.failure);
}

void WriterQueue::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    std::vector<Item*> group;
    while (!queue_.empty() && group.size() < max_group_) {
      group.push_back(queue_.front());
      queue_.pop_front();
    }
    lock.unlock();
    CommitGroup(group);
    lock.lock();
    for (Item* item : group) item->done = true;
    finished_.notify_all();
  }
}

void WriterQueue::CommitGroup(const std::vector<Item*>& group) {
  try {
    database_.Execute("BEGIN IMMEDIATE");
    for (Item* item : group) Apply(*item);
    database_.Execute("COMMIT");
  } catch (...) {
    // The whole transaction is lost, also for those whose own part went well.
    for (Item* item : group) {
      if (!item->failure) item->failure = std::current_exception();
    }
    try {
      if (database_.InTransaction()) database_.Execute("ROLLBACK");
    } catch (...) {
      // The failure that the callers get is the first one; the next BEGIN reports what is left of
      // it.
    }
  }
}

void WriterQueue::Apply(Item& item) {
  database_.Execute("SAVEPOINT change");
  try {
    (*item.change)(database_);
    database_.Execute("RELEASE change");
  } catch (...) {
    item.failure = std::current_exception();
    // SQLite ends the transaction by itself for some failures (disk full, I/O): then the group is
    // lost.
    if (!database_.InTransaction()) throw;
    database_.Execute("ROLLBACK TO change; RELEASE change");
  }
}

}  // namespace lakehouse::catalog::metadata
