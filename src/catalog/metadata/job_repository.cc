#include "catalog/metadata/job_repository.h"

#include <algorithm>

#include "base/error.h"
#include "catalog/metadata/sqlite_database.h"

namespace lakehouse::catalog::metadata {
namespace {

const std::string kJobColumns =
    "SELECT id, name, kind, configuration, owner, created_ms, enabled FROM jobs ";

JobRecord ReadJob(const Statement& row) {
  return {row.Text(0), row.Text(1),    row.Text(2),        row.Text(3),
          row.Text(4), row.Integer(5), row.Integer(6) != 0};
}

[[noreturn]] void NoJob(const std::string& id) {
  throw Error(ErrorKind::kNotFound, "LK-2016", "there is no job " + id,
              "`lakehouse job list` shows what there is.");
}

void RequireJob(Database& database, const std::string& id) {
  if (!database.Query("SELECT 1 FROM jobs WHERE id = ?", id).Step()) NoJob(id);
}

}  // namespace

JobRecord SaveJob(Database& database, const JobRecord& job) {
  database.Run(
      "INSERT INTO jobs (id, name, folded, kind, configuration, owner, created_ms, enabled) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (folded) DO UPDATE SET name = excluded.name, "
      "kind = excluded.kind, configuration = excluded.configuration, owner = excluded.owner, "
      "enabled = excluded.enabled",
      job.id, job.name, FoldCase(job.name), job.kind, job.configuration, job.owner, job.created_ms,
      int64_t{job.enabled});
  Statement row = database.Query(kJobColumns + "WHERE folded = ?", FoldCase(job.name));
  row.Step();
  return ReadJob(row);
}

std::vector<JobRecord> ListJobs(Database& database) {
  std::vector<JobRecord> jobs;
  Statement row = database.Query(kJobColumns + "ORDER BY folded");
  while (row.Step()) jobs.push_back(ReadJob(row));
  return jobs;
}

std::optional<JobRecord> FindJob(Database& database, const std::string& id_or_name) {
  // An id wins over a name that looks like one.
  Statement row = database.Query(kJobColumns + "WHERE id = ?1 OR folded = ?2 ORDER BY id = ?1 DESC",
                                 id_or_name, FoldCase(id_or_name));
  if (!row.Step()) return std::nullopt;
  return ReadJob(row);
}

void DeleteJob(Database& database, const std::string& id) {
  if (database.Run("DELETE FROM jobs WHERE id = ?", id) == 0) NoJob(id);
}

void SaveRun(Database& database, const JobRun& run, int64_t max_runs) {
  RequireJob(database, run.job_id);
  database.Run(
      "INSERT INTO runs (id, job_id, state, attempt, started_ms, finished_ms, error_code, "
      "error_message, error_kind, error_hint, metrics) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (id) DO UPDATE SET "
      "state = excluded.state, attempt = excluded.attempt, started_ms = excluded.started_ms, "
      "finished_ms = excluded.finished_ms, error_code = excluded.error_code, "
      "error_message = excluded.error_message, error_kind = excluded.error_kind, "
      "error_hint = excluded.error_hint, metrics = excluded.metrics",
      run.id, run.job_id, run.state, int64_t{run.attempt}, run.started_ms, run.finished_ms,
      run.error_code, run.error_message, run.error_kind, run.error_hint, run.metrics);
  database.Run(
      "DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE job_id = ? "
      "ORDER BY started_ms DESC, id DESC LIMIT -1 OFFSET ?)",
      run.job_id, max_runs);
}

std::vector<JobRun> ListRuns(Database& database, const std::string& job_id, size_t limit) {
  std::vector<JobRun> runs;
  Statement row = database.Query(
      "SELECT id, job_id, state, attempt, started_ms, finished_ms, error_code, error_message, "
      "error_kind, error_hint, metrics "
      "FROM runs WHERE job_id = ? ORDER BY started_ms DESC, id DESC LIMIT ?",
      job_id, static_cast<int64_t>(std::min<size_t>(limit, INT64_MAX)));
  while (row.Step()) {
    runs.push_back({row.Text(0), row.Text(1), row.Text(2), static_cast<int>(row.Integer(3)),
                    row.Integer(4), row.Integer(5), row.Text(6), row.Text(7), row.Text(8),
                    row.Text(9), row.Text(10)});
  }
  return runs;
}

}  // namespace lakehouse::catalog::metadata
