#pragma once

#include <cstdint>
#include <optional>

#include "base/cancellation.h"

namespace lakehouse {
class Clock;
class Random;
}  // namespace lakehouse

namespace lakehouse::io {

struct RetryPolicy {
  int max_attempts = 6;
  int64_t base_ms = 100;         ///< first upper bound of the random wait; it doubles
  int64_t max_ms = 10000;        ///< greatest upper bound of it
  int64_t deadline_ms = 120000;  ///< no attempt begins so long after the first
};

/// The attempts of one operation: exponential backoff with full jitter, within a deadline. Not
/// thread-safe; clock and random must outlive it.
class Attempts {
 public:
  Attempts(const RetryPolicy& policy, Clock& clock, Random& random);

  /// Waits and returns true, or returns false when attempts or time are used up. The server's
  /// `Retry-After` is a lower bound of the wait. Throws LK-0002 or LK-0003 when `token` stops.
  bool Again(const CancellationToken& token, std::optional<int64_t> retry_after_ms = {});
  /// How many have begun.
  int count() const { return count_; }

 private:
  const RetryPolicy policy_;
  Clock& clock_;
  Random& random_;
  const int64_t begin_ns_;
  int count_ = 1;
};

}  // namespace lakehouse::io
