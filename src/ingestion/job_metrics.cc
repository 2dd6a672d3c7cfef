#include "ingestion/job_metrics.h"

#include "base/metrics.h"

namespace lakehouse::ingestion {

namespace {

constexpr char kKind[] = "ingestion";

void CountRows(const std::string& result, int64_t rows) {
  if (rows == 0) return;
  Metrics::Instance()
      .GetCounter("lakehouse_ingestion_rows_total", "Rows of ingestion jobs by what became of them",
                  {{"result", result}})
      .Add(static_cast<double>(rows));
}

}  // namespace

void CountFinishedRun(const RunStatus& status) {
  Metrics& metrics = Metrics::Instance();
  CountRows("written", status.metrics.rows_written);
  CountRows("quarantined", status.metrics.rows_quarantined);
  if (status.state == "succeeded") CountRows("rescued", status.metrics.rows_rescued);
  metrics.GetCounter("lakehouse_ingestion_read_bytes_total", "Bytes that ingestion jobs have read")
      .Add(static_cast<double>(status.metrics.bytes_read));
  metrics
      .GetCounter("lakehouse_jobs_runs_total", "Finished runs of jobs",
                  {{"kind", kKind}, {"result", status.state}})
      .Increment();
  metrics.GetHistogram("lakehouse_jobs_run_seconds", "Time of runs of jobs", {{"kind", kKind}})
      .Observe(static_cast<double>(status.finished_ms - status.started_ms) / 1000);
}

void CountRetry(connectors::ErrorClass error_class) {
  const bool throttled = error_class == connectors::ErrorClass::kThrottled;
  Metrics::Instance()
      .GetCounter("lakehouse_jobs_retries_total", "Attempts of runs that failed and were repeated",
                  {{"kind", kKind}, {"reason", throttled ? "throttled" : "transient"}})
      .Increment();
}

void CountActiveRuns(int change) {
  Metrics::Instance()
      .GetGauge("lakehouse_jobs_active_runs", "Runs of jobs that wait or run", {{"kind", kKind}})
      .Add(change);
}

}  // namespace lakehouse::ingestion
