#pragma once

#include <functional>
#include <string>

#include "base/cancellation.h"
#include "catalog/lake.h"
#include "ingestion/job.h"

namespace lakehouse::ingestion {

/// One attempt of one run.
struct RunRequest {
  const JobSpec* spec = nullptr;
  std::string password;  ///< of this process; empty when it has none
  std::string run_id;
  security::Principal principal;
  CancellationToken cancel;
  SourceLimits limits;
  bool again = false;         ///< also parts that an earlier run has loaded
  bool merge_schema = false;  ///< columns that only the source has are added to the target
  /// Told after each batch, by the thread that runs: what was done so far, and the fraction of the
  /// source that is read (-1 when unknown).
  std::function<void(const RunMetrics&, double)> on_progress;
};

/// Reads the source and commits its rows and the progress to the target in one commit; `metrics` is
/// what was done, also when it throws. Returns the table that was written, null when there was
/// nothing to load.
std::shared_ptr<storage::Table> RunOnce(catalog::Lake& lake, const RunRequest& request,
                                        RunMetrics& metrics);

/// Fills in what a run would read: target, parts and columns of `preview`.
void PreviewOnce(catalog::Lake& lake, const RunRequest& request, JobPreview& preview);

}  // namespace lakehouse::ingestion
