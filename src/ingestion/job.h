#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catalog/lake.h"

namespace lakehouse::ingestion {

/// What an ingestion job copies, as the JSON of the mission's README: source_type, source_config,
/// target_path or target, mode. Parsed and checked by ParseJob: InvalidArgument LK-5001 with
/// did-you-mean for unknown or missing keys, LK-5002 for values that are wrong.
struct JobSpec {
  std::string name;         ///< optional; default from source and target
  std::string source_type;  ///< "postgresql", "csv", "json", "parquet"
  std::map<std::string, std::string>
      source_config;        ///< scalar options as text; no secrets once stored
  std::string target;       ///< "bronze.flights" (catalog optional)
  std::string target_path;  ///< where the table lies; empty: where the catalog puts its name
  std::string mode = "batch";
  std::string write_mode = "overwrite";  ///< "append" is the default of file sources
  double error_threshold =
      0;  ///< share of rows that may be quarantined before the run fails, 0 to 1
};

struct RunMetrics {
  int64_t rows_read = 0;
  int64_t rows_written = 0;
  int64_t rows_rescued = 0;  ///< rows with a _rescued_data
  int64_t rows_quarantined = 0;
  int64_t files_read = 0;
  int64_t files_skipped = 0;  ///< loaded by an earlier run
  int64_t bytes_read = 0;
  int64_t table_version = -1;  ///< -1: nothing was committed
};

struct RunStatus {
  std::string run_id;
  std::string job_id;
  std::string job_name;
  std::string state;  ///< pending, running, retrying, succeeded, failed, cancelled
  int attempt = 1;
  int64_t started_ms = 0;
  int64_t finished_ms = 0;
  std::string error_code;
  std::string error_message;
  std::string error_kind;  ///< as ToString(ErrorKind) writes it; empty when it went well
  std::string error_hint;
  RunMetrics metrics;    ///< so far, while it runs
  double fraction = -1;  ///< of the source that is read, 0 to 1; -1 when unknown or not running
};

/// What registering a job would change, and what a run of it would read. Nothing is written.
struct JobPreview {
  std::string job_name;
  bool registered = false;  ///< a job of this name is there
  bool changed = true;      ///< registering would make or replace it
  // Of a run; only when the source was looked at.
  std::string target;  ///< with its catalog
  bool target_exists = false;
  std::string write_mode;
  bool files = false;         ///< the parts are files, else a table of a database
  int64_t parts_new = 0;      ///< files, or 1 for a table
  int64_t parts_skipped = 0;  ///< loaded by an earlier run
  /// Name and type: of the target, or of the table that would be made.
  std::vector<std::pair<std::string, std::string>> columns;
};

/// Told how a run goes; false cancels it.
using ProgressCallback = std::function<bool(const RunStatus&)>;

/// What jobs may read of the machine on which they run.
struct SourceLimits {
  std::vector<std::string> file_roots = {"/"};    ///< directories of file sources
  std::vector<std::string> secret_roots = {"/"};  ///< directories of ${file:/path}
  std::string secret_variables;                   ///< how the name of a ${env:NAME} must begin
  std::vector<std::string> closed;  ///< directories that no job reads, wherever they lie
};

struct RunnerOptions {
  int max_attempts = 5;  ///< of one run, for transient errors only
  int64_t backoff_base_ms =
      500;  ///< full jitter: uniform in [0, base * 2^attempt], at most backoff_max_ms
  int64_t backoff_max_ms = 30'000;
  int max_parallel_jobs = 2;
  int64_t progress_interval_ms = 100;  ///< between two calls of a ProgressCallback
  int64_t stop_timeout_ms = 60'000;    ///< how long Stop waits for another process
  /// Where processes of one lakehouse agree who runs a job; empty: no other process is asked.
  std::string lock_directory;
  SourceLimits sources;
  /// Called when a run has committed rows to a table, in the run's thread, with what ends the run;
  /// null: nobody asks.
  std::function<void(const security::Principal&, const std::shared_ptr<storage::Table>&,
                     const CancellationToken&)>
      after_commit = nullptr;
};

/// Registers and runs jobs. Thread-safe. Errors: unknown job NotFound LK-5010, already running
/// (here or in another process of the lakehouse) AlreadyExists LK-5011, source not reachable
/// Unavailable LK-5020, source refused the login Unauthenticated LK-5021, source object missing
/// NotFound LK-5022, too many bad rows InvalidArgument LK-5030, source type Unsupported LK-5003.
class JobRunner {
 public:
  JobRunner(std::shared_ptr<catalog::Lake> lake, RunnerOptions options);
  ~JobRunner();  ///< cancels what runs and waits for it

  /// Checks and keeps the job (idempotent for an equal configuration); returns its id. `json` is
  /// the job's dictionary. A password stays in memory of this process only, or may be a ${env:X}
  /// reference.
  std::string Register(const security::Principal& principal, const std::string& json);
  /// Looks at the job and, with `look_at_source`, at what its run would read: connects, lists,
  /// reads the first rows for their types. Errors as those of Register and Run.
  JobPreview Preview(const security::Principal& principal, const std::string& json,
                     bool look_at_source);
  /// The same for a registered job, whose source is looked at.
  JobPreview PreviewRun(const security::Principal& principal, const std::string& id_or_name);
  /// Runs it and waits for the end; a failed run is a status, not an exception. `on_progress` is
  /// called by the calling thread, every progress_interval_ms at most.
  RunStatus Run(const security::Principal& principal, const std::string& id_or_name,
                const ProgressCallback& on_progress = {});
  /// Starts it on a worker thread; returns the run's id.
  std::string Start(const security::Principal& principal, const std::string& id_or_name);
  /// Cancels the running run, in whichever process it runs, and waits for its end; false when none
  /// ran. Timeout LK-5013 when another process does not end it in time.
  bool Stop(const security::Principal& principal, const std::string& id_or_name);
  /// The newest run, running or not; nothing when it never ran.
  std::optional<RunStatus> Status(const security::Principal& principal,
                                  const std::string& id_or_name);
  std::vector<RunStatus> History(const security::Principal& principal,
                                 const std::string& id_or_name, size_t limit);
  std::vector<catalog::JobRecord> List(const security::Principal& principal);
  void Remove(const security::Principal& principal, const std::string& id_or_name);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lakehouse::ingestion
