#include "ingestion/run_record.h"

#include <nlohmann/json.hpp>

namespace lakehouse::ingestion {

catalog::JobRun ToRecord(const RunStatus& status) {
  const RunMetrics& metrics = status.metrics;
  const nlohmann::json json = {
      {"rows_read", metrics.rows_read},       {"rows_written", metrics.rows_written},
      {"rows_rescued", metrics.rows_rescued}, {"rows_quarantined", metrics.rows_quarantined},
      {"files_read", metrics.files_read},     {"files_skipped", metrics.files_skipped},
      {"bytes_read", metrics.bytes_read},     {"table_version", metrics.table_version}};
  return {.id = status.run_id,
          .job_id = status.job_id,
          .state = status.state,
          .attempt = status.attempt,
          .started_ms = status.started_ms,
          .finished_ms = status.finished_ms,
          .error_code = status.error_code,
          .error_message = status.error_message,
          .error_kind = status.error_kind,
          .error_hint = status.error_hint,
          .metrics = json.dump()};
}

RunStatus FromRecord(const catalog::JobRun& run, const std::string& job_name) {
  RunStatus status{.run_id = run.id,
                   .job_id = run.job_id,
                   .job_name = job_name,
                   .state = run.state,
                   .attempt = run.attempt,
                   .started_ms = run.started_ms,
                   .finished_ms = run.finished_ms,
                   .error_code = run.error_code,
                   .error_message = run.error_message,
                   .error_kind = run.error_kind,
                   .error_hint = run.error_hint,
                   .metrics = {}};
  const auto json = nlohmann::json::parse(run.metrics, nullptr, false);
  if (!json.is_object()) return status;
  RunMetrics& metrics = status.metrics;
  metrics.rows_read = json.value("rows_read", int64_t{0});
  metrics.rows_written = json.value("rows_written", int64_t{0});
  metrics.rows_rescued = json.value("rows_rescued", int64_t{0});
  metrics.rows_quarantined = json.value("rows_quarantined", int64_t{0});
  metrics.files_read = json.value("files_read", int64_t{0});
  metrics.files_skipped = json.value("files_skipped", int64_t{0});
  metrics.bytes_read = json.value("bytes_read", int64_t{0});
  metrics.table_version = json.value("table_version", int64_t{-1});
  return status;
}

bool IsFinal(const std::string& state) {
  return state == "succeeded" || state == "failed" || state == "cancelled";
}

}  // namespace lakehouse::ingestion
