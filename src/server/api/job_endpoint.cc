#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "server/api/endpoints.h"
#include "server/api/json_body.h"

namespace lakehouse::server::api {
namespace {

constexpr size_t kDefaultRuns = 20;
constexpr size_t kMaxRuns = 1000;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json ToJson(const catalog::JobRecord& job) {
  Json configuration = Json::parse(job.configuration, nullptr, false);
  if (configuration.is_discarded()) configuration = job.configuration;
  return {{"id", job.id},
          {"name", job.name},
          {"kind", job.kind},
          {"owner", job.owner},
          {"created", FormatTimestampMs(job.created_ms)},
          {"configuration", std::move(configuration)}};
}

Json ToJson(const ingestion::RunStatus& run) {
  const ingestion::RunMetrics& m = run.metrics;
  Json json = {
      {"run_id", run.run_id},
      {"job_id", run.job_id},
      {"job_name", run.job_name},
      {"state", run.state},
      {"attempt", run.attempt},
      {"started", FormatTimestampMs(run.started_ms)},
      {"finished", run.finished_ms > 0 ? Json(FormatTimestampMs(run.finished_ms)) : Json()},
      {"fraction", run.fraction >= 0 ? Json(run.fraction) : Json()},
      {"metrics",
       {{"rows_read", m.rows_read},
        {"rows_written", m.rows_written},
        {"rows_rescued", m.rows_rescued},
        {"rows_quarantined", m.rows_quarantined},
        {"files_read", m.files_read},
        {"files_skipped", m.files_skipped},
        {"bytes_read", m.bytes_read},
        {"table_version", m.table_version}}}};
  if (!run.error_code.empty()) {
    json["error"] = {{"code", run.error_code},
                     {"kind", run.error_kind},
                     {"message", run.error_message},
                     {"hint", run.error_hint}};
  }
  return json;
}

http::Response NoContent() {
  http::Response response;
  response.status = 204;
  return response;
}

http::Response ListJobs(const Call& call, ingestion::JobRunner& jobs) {
  Json all = Json::array();
  for (const catalog::JobRecord& job : jobs.List(call.principal)) all.push_back(ToJson(job));
  return JsonResponse(Dump({{"jobs", all}}));
}

http::Response Register(const Call& call, ingestion::JobRunner& jobs) {
  const std::string id = jobs.Register(call.principal, call.request.body);
  http::Response response = JsonResponse(Dump({{"id", id}}), 201);
  response.headers["Location"] = "/v1/jobs/" + id;
  return response;
}

http::Response ShowJob(const Call& call, ingestion::JobRunner& jobs) {
  const std::string& wanted = call.path.at("id");
  const auto status = jobs.Status(call.principal, wanted);  // says LK-5010 when there is none
  for (const catalog::JobRecord& job : jobs.List(call.principal)) {
    if (job.id != wanted && job.name != wanted) continue;
    Json json = ToJson(job);
    json["last_run"] = status ? ToJson(*status) : Json();
    return JsonResponse(Dump(json));
  }
  throw Error(ErrorKind::kNotFound, "LK-5010", "there is no job '" + wanted + "'");
}

http::Response History(const Call& call, ingestion::JobRunner& jobs) {
  size_t limit = kDefaultRuns;
  if (const auto given = call.request.query.find("limit"); given != call.request.query.end()) {
    char* end = nullptr;
    limit = std::strtoull(given->second.c_str(), &end, 10);
    if (*end != '\0' || limit == 0 || limit > kMaxRuns) {
      throw Error(ErrorKind::kInvalidArgument, "LK-6003", "limit is not a number from 1 to 1000");
    }
  }
  Json all = Json::array();
  for (const auto& run : jobs.History(call.principal, call.path.at("id"), limit)) {
    all.push_back(ToJson(run));
  }
  return JsonResponse(Dump({{"runs", all}}));
}

http::Response Start(const Call& call, ingestion::JobRunner& jobs) {
  const std::string run = jobs.Start(call.principal, call.path.at("id"));
  return JsonResponse(Dump({{"run_id", run}}), 202);
}

}  // namespace

void AddJobRoutes(Router& router, Parts parts) {
  ingestion::JobRunner& jobs = parts.lakehouse.jobs();
  router.Add({.method = "GET",
              .path = "/v1/jobs",
              .summary = "The ingestion jobs.",
              .answer = [&jobs](const Call& call) { return ListJobs(call, jobs); },
              .result = "JobList"});
  router.Add({.method = "POST",
              .path = "/v1/jobs",
              .summary = "Registers an ingestion job; an equal one again gives the same id.",
              .answer = [&jobs](const Call& call) { return Register(call, jobs); },
              .body = "JobRequest",
              .result = "JobId",
              .status = 201});
  router.Add({.method = "GET",
              .path = "/v1/jobs/{id}",
              .summary = "A job and its last run, by id or name.",
              .answer = [&jobs](const Call& call) { return ShowJob(call, jobs); },
              .result = "Job"});
  router.Add({.method = "DELETE",
              .path = "/v1/jobs/{id}",
              .summary = "Removes a job; its table stays.",
              .answer =
                  [&jobs](const Call& call) {
                    jobs.Remove(call.principal, call.path.at("id"));
                    return NoContent();
                  },
              .status = 204});
  router.Add({.method = "GET",
              .path = "/v1/jobs/{id}/runs",
              .summary = "Its runs, newest first.",
              .answer = [&jobs](const Call& call) { return History(call, jobs); },
              .result = "RunList",
              .query = {{"limit", "at most so many runs, 1 to 1000; 20 without"}}});
  router.Add({.method = "POST",
              .path = "/v1/jobs/{id}/start",
              .summary = "Starts a run; the answer does not wait for its end.",
              .answer = [&jobs](const Call& call) { return Start(call, jobs); },
              .result = "RunId",
              .status = 202});
  router.Add({.method = "POST",
              .path = "/v1/jobs/{id}/stop",
              .summary = "Cancels the running run and waits for its end.",
              .answer =
                  [&jobs](const Call& call) {
                    const bool ran = jobs.Stop(call.principal, call.path.at("id"));
                    return JsonResponse(Dump({{"stopped", ran}}));
                  },
              .result = "Stopped"});
}

}  // namespace lakehouse::server::api
