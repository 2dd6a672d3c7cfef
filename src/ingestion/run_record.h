#pragma once

#include "catalog/metadata/metadata_store.h"
#include "ingestion/job.h"

namespace lakehouse::ingestion {

/// The stored form of a run and back.
catalog::JobRun ToRecord(const RunStatus& status);
RunStatus FromRecord(const catalog::JobRun& run, const std::string& job_name);

/// Has it ended?
bool IsFinal(const std::string& state);

}  // namespace lakehouse::ingestion
