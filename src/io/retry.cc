#include "io/retry.h"

#include <algorithm>

#include "base/clock.h"
#include "base/random.h"

namespace lakehouse::io {
namespace {

/// So long may a cancelled caller wait at most.
constexpr int64_t kSliceMs = 50;

void Sleep(Clock& clock, int64_t duration_ms, const CancellationToken& token) {
  while (duration_ms > 0) {
    token.ThrowIfStopped();
    const int64_t slice = std::min(duration_ms, kSliceMs);
    clock.SleepMs(slice);
    duration_ms -= slice;
  }
  token.ThrowIfStopped();
}

}  // namespace

Attempts::Attempts(const RetryPolicy& policy, Clock& clock, Random& random)
    : policy_(policy), clock_(clock), random_(random), begin_ns_(clock.MonotonicNs()) {}

bool Attempts::Again(const CancellationToken& token, std::optional<int64_t> retry_after_ms) {
  token.ThrowIfStopped();
  if (count_ >= policy_.max_attempts) return false;
  const int doublings = std::min(count_ - 1, 30);
  const int64_t bound_ms = std::min(policy_.max_ms, policy_.base_ms << doublings);
  int64_t wait_ms = static_cast<int64_t>(random_.Below(static_cast<uint64_t>(bound_ms) + 1));
  wait_ms = std::max(wait_ms, retry_after_ms.value_or(0));
  const int64_t passed_ms = (clock_.MonotonicNs() - begin_ns_) / 1'000'000;
  if (wait_ms > policy_.deadline_ms - passed_ms) return false;
  Sleep(clock_, wait_ms, token);
  ++count_;
  return true;
}

}  // namespace lakehouse::io
