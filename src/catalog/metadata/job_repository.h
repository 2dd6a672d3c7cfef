#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/metadata/metadata_store.h"

namespace lakehouse::catalog::metadata {

class Database;

// Jobs and their runs. Each function is part of the caller's transaction.

JobRecord SaveJob(Database& database, const JobRecord& job);
std::vector<JobRecord> ListJobs(Database& database);
std::optional<JobRecord> FindJob(Database& database, const std::string& id_or_name);
/// With its runs. NotFound LK-2016.
void DeleteJob(Database& database, const std::string& id);
/// Keeps the newest `max_runs` runs of the job. NotFound LK-2016 when the job is not there.
void SaveRun(Database& database, const JobRun& run, int64_t max_runs);
/// Newest first.
std::vector<JobRun> ListRuns(Database& database, const std::string& job_id, size_t limit);

}  // namespace lakehouse::catalog::metadata
