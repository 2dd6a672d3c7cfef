#include "catalog/metadata/reader_pool.h"

#include <utility>

namespace lakehouse::catalog::metadata {

ReaderPool::ReaderPool(std::string file, int busy_timeout_ms, size_t max_connections)
    : file_(std::move(file)), busy_timeout_ms_(busy_timeout_ms), max_connections_(max_connections) {
  idle_.reserve(max_connections);
}

std::unique_ptr<Database> ReaderPool::Take() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [&] { return !idle_.empty() || open_ < max_connections_; });
  if (!idle_.empty()) {
    auto database = std::move(idle_.back());
    idle_.pop_back();
    return database;
  }
  ++open_;
  lock.unlock();
  try {
    return std::make_unique<Database>(file_, busy_timeout_ms_);
  } catch (...) {
    lock.lock();
    --open_;
    returned_.notify_one();
    throw;
  }
}

void ReaderPool::Return(std::unique_ptr<Database> database) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(database));
  returned_.notify_one();
}

}  // namespace lakehouse::catalog::metadata
