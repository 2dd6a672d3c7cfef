#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "server/api/endpoints.h"
#include "server/api/json_body.h"
#include "server/api/result_stream.h"

namespace lakehouse::server::api {
namespace {

constexpr auto kHeartbeat = std::chrono::seconds(10);

Json ToJson(const StatementStatus& status) {
  Json json = {{"id", status.id},
               {"state", status.state},
               {"principal", status.principal},
               {"progress", status.progress ? Json(*status.progress) : Json()},
               {"started", FormatTimestampMs(status.started_ms)}};
  if (!status.running()) json["finished"] = FormatTimestampMs(status.finished_ms);
  if (status.state == "succeeded") {
    json["row_count"] = status.row_count;
    if (status.affected_rows >= 0) json["affected_rows"] = status.affected_rows;
    json["result_url"] = "/v1/statements/" + status.id + "/result";
  }
  if (status.error) {
    json["error"] = Json::parse(http::ErrorJson(*status.error, {}))["error"];
  }
  return json;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Server-sent events: "progress" when it changes, a comment as heartbeat, "end" with the status.
class EventStream : public http::BodyStream {
 public:
  EventStream(Statements& statements, security::Principal principal, std::string id,
              CancellationToken cancellation)
      : statements_(statements),
        principal_(std::move(principal)),
        id_(std::move(id)),
        cancellation_(std::move(cancellation)) {}

  Step Next(std::string& piece) override {
    if (ended_ || cancellation_.cancelled()) return Step::kEnd;
    const StatementStatus status = statements_.Status(principal_, id_);
    const auto now = std::chrono::steady_clock::now();
    if (!status.running()) {
      ended_ = true;
      piece = "event: end\ndata: " + Dump(ToJson(status)) + "\n\n";
    } else if (!told_ || *told_ != status.progress) {
      told_ = status.progress;
      piece = "event: progress\ndata: " + Dump(ToJson(status)) + "\n\n";
    } else if (now - last_ > kHeartbeat) {
      piece = ": still running\n\n";
    } else {
      return Step::kWait;
    }
    last_ = now;
    return Step::kPiece;
  }

 private:
  Statements& statements_;
  const security::Principal principal_;
  const std::string id_;
  const CancellationToken cancellation_;
  std::optional<std::optional<double>> told_;
  std::chrono::steady_clock::time_point last_{};
  bool ended_ = false;
};

http::Response ListAll(const Call& call, Statements& statements) {
  Json all = Json::array();
  for (const StatementStatus& status : statements.List(call.principal)) {
    all.push_back(ToJson(status));
  }
  return JsonResponse(Dump(Json{{"statements", all}}));
}

http::Response Result(const Call& call, Statements& statements) {
  const ResultForm form = FormOf(call.request.header("accept"));
  OpenResult open;
  open.result = statements.Result(call.principal, call.path.at("id"));
  http::Response response;
  response.content_type = ContentType(form);
  response.stream = MakeResultStream(form, std::move(open));
  return response;
}

}  // namespace

void AddStatementRoutes(Router& router, Parts parts) {
  Statements& all = parts.statements;
  router.Add({.method = "GET",
              .path = "/v1/statements",
              .summary = "The caller's statements that run in the background or have lately ended.",
              .answer = [&all](const Call& call) { return ListAll(call, all); },
              .result = "StatementList"});
  router.Add({.method = "GET",
              .path = "/v1/statements/{id}",
              .summary = "State and progress of a statement.",
              .answer =
                  [&all](const Call& call) {
                    return JsonResponse(
                        Dump(ToJson(all.Status(call.principal, call.path.at("id")))));
                  },
              .result = "Statement"});
  router.Add({.method = "GET",
              .path = "/v1/statements/{id}/result",
              .summary = "Its rows, in the form that the header Accept asks for.",
              .answer = [&all](const Call& call) { return Result(call, all); },
              .result = "SqlResult"});
  router.Add({.method = "GET",
              .path = "/v1/statements/{id}/events",
              .summary = "Server-sent events: progress, and end with the final state.",
              .answer = [&all](const Call& call) {
                const std::string& id = call.path.at("id");
                all.Status(call.principal, id);  // unknown ids are told at once
                http::Response response;
                response.content_type = "text/event-stream";
                response.stream = std::make_unique<EventStream>(all, call.principal, id,
                                                                call.request.cancellation);
                return response;
              }});
  router.Add({.method = "DELETE",
              .path = "/v1/statements/{id}",
              .summary = "Cancels a running statement; forgets one that has ended.",
              .answer =
                  [&all](const Call& call) {
                    all.Delete(call.principal, call.path.at("id"));
                    http::Response response;
                    response.status = 204;
                    return response;
                  },
              .status = 204});
}

}  // namespace lakehouse::server::api
