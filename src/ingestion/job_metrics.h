#pragma once

#include "ingestion/connectors/connector.h"
#include "ingestion/job.h"

namespace lakehouse::ingestion {

// What jobs add to the metrics registry; docs/ingestion.md lists the names.

/// A run has ended.
void CountFinishedRun(const RunStatus& status);
/// An attempt has failed and will be made again.
void CountRetry(connectors::ErrorClass error_class);
/// Runs that are waiting or running, more or fewer.
void CountActiveRuns(int change);

}  // namespace lakehouse::ingestion
