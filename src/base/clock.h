#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace lakehouse {

/// Time as a parameter, so that tests and the simulation own it.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Milliseconds since 1970-01-01 UTC.
  virtual int64_t NowMs() const = 0;
  /// Nanoseconds of a clock that never goes back; only differences mean something.
  virtual int64_t MonotonicNs() const = 0;
  virtual void SleepMs(int64_t duration_ms) = 0;
};

/// The machine's clock.
Clock& SystemClock();

/// A clock that moves only when told to (SleepMs moves it too). Thread-safe.
class ManualClock : public Clock {
 public:
  explicit ManualClock(int64_t now_ms) : now_ms_(now_ms) {}
  int64_t NowMs() const override { return now_ms_; }
  int64_t MonotonicNs() const override { return now_ms_ * 1'000'000; }
  void SleepMs(int64_t duration_ms) override { now_ms_ += duration_ms; }

 private:
  std::atomic<int64_t> now_ms_;
};

/// "2026-11-24T00:20:35.123Z".
std::string FormatTimestampMs(int64_t unix_ms);

}  // namespace lakehouse
