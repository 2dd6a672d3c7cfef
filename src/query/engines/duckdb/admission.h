#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/cancellation.h"

namespace lakehouse::query::duckdb {

/// A bounded queue in front of the engine: places and memory, first come, first served.
/// Thread-safe.
class Admission {
 public:
  Admission(int max_running, int max_waiting, int64_t memory_bytes)
      : max_running_(max_running), max_waiting_(max_waiting), memory_bytes_(memory_bytes) {}

  /// What a statement gets that asks for `wanted` bytes: an equal share of the memory for 0, never
  /// more than all of it.
  int64_t ShareOf(int64_t wanted) const;

  /// Waits for a place and `share_bytes` of memory; they are given back when the handle goes.
  /// ResourceExhausted LK-4020 when too many wait already, Cancelled LK-4023, Timeout LK-4022 after
  /// `deadline`.
  std::shared_ptr<void> Enter(const CancellationToken& cancellation,
                              std::optional<std::chrono::steady_clock::time_point> deadline,
                              int64_t share_bytes);

 private:
  bool Fits(int64_t share_bytes) const;
  void Leave(int64_t share_bytes);

  const int max_running_;
  const int max_waiting_;
  const int64_t memory_bytes_;
  std::mutex mutex_;
  std::condition_variable freed_;
  int running_ = 0;
  int64_t used_bytes_ = 0;
  std::deque<uint64_t> queue_;  ///< tickets of those that wait
  uint64_t next_ticket_ = 0;
};

/// Calls back once at a time unless disarmed before. One thread. Thread-safe.
class Watchdog {
 public:
  Watchdog();
  ~Watchdog();
  /// Disarmed when the handle goes; the callback is not running any more then.
  std::shared_ptr<void> Arm(std::chrono::steady_clock::time_point at,
                            std::function<void()> callback);

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<std::chrono::steady_clock::time_point, std::pair<uint64_t, std::function<void()>>>
      armed_;
  uint64_t next_ = 0;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace lakehouse::query::duckdb
