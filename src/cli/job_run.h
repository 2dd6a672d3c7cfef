#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/output.h"

namespace lakehouse::cli {

// What `job` and `ingest` have in common.

/// Runs a job with a progress bar; Ctrl-C cancels it. Says how it ended, writes its status as rows
/// when `format` is set, and returns the exit code: that of the error when it failed.
int RunJob(Context& context, const std::string& title, const std::string& job,
           std::optional<Format> format);

/// Writes states of runs, one row each.
void WriteRuns(const std::vector<ingestion::RunStatus>& runs, Format format);

/// Says what a run would read and write.
void SayPreview(const Context& context, const ingestion::JobPreview& preview);

}  // namespace lakehouse::cli
