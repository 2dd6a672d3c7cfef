#pragma once

#include <cstdint>

#include "ingestion/connectors/connector.h"
#include "ingestion/job.h"

namespace lakehouse {
class Clock;
class Random;
}  // namespace lakehouse

namespace lakehouse::ingestion {

/// How long to wait after attempt `attempt` (from 1) has failed: uniform in [0, base * 2^attempt],
/// four times that for a throttling source, at most backoff_max_ms.
int64_t BackoffMs(const RunnerOptions& options, int attempt, connectors::ErrorClass error_class,
                  Random& random);

/// Sleeps; ends early when cancelled.
void SleepUnlessCancelled(int64_t duration_ms, Clock& clock, const CancellationToken& cancel);

}  // namespace lakehouse::ingestion
