#include "ingestion/backoff.h"

#include <algorithm>

#include "base/clock.h"
#include "base/random.h"

namespace lakehouse::ingestion {

namespace {

constexpr int kMaxDoublings = 20;
constexpr int64_t kThrottledFactor = 4;
constexpr int64_t kSleepStepMs = 50;  // how soon a cancellation is seen

}  // namespace

int64_t BackoffMs(const RunnerOptions& options, int attempt, connectors::ErrorClass error_class,
                  Random& random) {
  int64_t limit = options.backoff_base_ms << std::min(attempt, kMaxDoublings);
  if (error_class == connectors::ErrorClass::kThrottled) limit *= kThrottledFactor;
  limit = std::min(limit, options.backoff_max_ms);
  return limit <= 0 ? 0 : static_cast<int64_t>(random.Below(static_cast<uint64_t>(limit) + 1));
}

void SleepUnlessCancelled(int64_t duration_ms, Clock& clock, const CancellationToken& cancel) {
  while (duration_ms > 0 && !cancel.cancelled()) {
    const int64_t step = std::min(duration_ms, kSleepStepMs);
    clock.SleepMs(step);
    duration_ms -= step;
  }
}

}  // namespace lakehouse::ingestion
