#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

namespace lakehouse::ingestion::connectors {

/// Hands items from several writers to one reader; holds at most `capacity` of them. Thread-safe.
template <typename Item>
class BatchQueue {
 public:
  BatchQueue(size_t capacity, int writers) : capacity_(capacity), writers_(writers) {}

  /// Waits for room; false when the reader has gone.
  bool Push(Item item) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || items_.size() < capacity_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    changed_.notify_all();
    return true;
  }

  /// One writer has ended, with its error or without.
  void WriterDone(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    --writers_;
    if (error && !error_) error_ = error;
    changed_.notify_all();
  }

  /// The next item, nothing once every writer has ended. Throws the first error of a writer.
  std::optional<Item> Pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return error_ || !items_.empty() || writers_ == 0; });
    if (error_) std::rethrow_exception(error_);
    if (items_.empty()) return std::nullopt;
    std::optional<Item> item = std::move(items_.front());
    items_.pop_front();
    changed_.notify_all();
    return item;
  }

  /// The reader goes.
  void Close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // All guarded by mutex_.
  std::deque<Item> items_;
  int writers_;
  bool closed_ = false;
  std::exception_ptr error_;
};

}  // namespace lakehouse::ingestion::connectors
