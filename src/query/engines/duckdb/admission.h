#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/cancellation.h"

namespace lakehouse::query::duckdb {

/// A bounded queue in front of the engine. Thread-safe.
class Admission {
 public:
  Admission(int max_running, int max_waiting)
      : max_running_(max_running), max_waiting_(max_waiting) {}

  /// Waits for a place; it is given back when the handle goes. ResourceExhausted LK-4020 when too
  /// many wait already, Cancelled LK-4023, Timeout LK-4022 after `deadline`.
  std::shared_ptr<void> Enter(const CancellationToken& cancellation,
                              std::optional<std::chrono::steady_clock::time_point> deadline);

 private:
  void Leave();

  const int max_running_;
  const int max_waiting_;
  std::mutex mutex_;
  std::condition_variable freed_;
  int running_ = 0;
  int waiting_ = 0;
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
