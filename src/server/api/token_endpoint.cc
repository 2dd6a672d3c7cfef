#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "catalog/tokens.h"
#include "server/api/endpoints.h"
#include "server/api/json_body.h"

namespace lakehouse::server::api {
namespace {

constexpr int64_t kMsPerSecond = 1000;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json ToJson(const catalog::TokenRecord& record) {
  return {{"id", record.id},
          {"principal", record.principal},
          {"roles", record.roles},
          {"description", record.description},
          {"created", FormatTimestampMs(record.created_ms)},
          {"expires", record.expires_ms > 0 ? Json(FormatTimestampMs(record.expires_ms)) : Json()}};
}

http::Response Create(const Call& call, catalog::Lake& lake) {
  JsonBody body(call.request.body);
  const std::string principal = body.RequireText("principal");
  const std::vector<std::string> roles = body.Texts("roles");
  const std::string description = body.Text("description").value_or("");
  const int64_t seconds = body.Count("expires_in_seconds").value_or(0);
  body.Done();
  const auto made = catalog::Tokens(lake).Create(call.principal, principal, roles, description,
                                                 seconds * kMsPerSecond);
  Json json = ToJson(made.record);
  json["token"] = made.token;
  return JsonResponse(Dump(json), 201);
}

http::Response List(const Call& call, catalog::Lake& lake) {
  Json all = Json::array();
  for (const auto& record : catalog::Tokens(lake).List(call.principal)) {
    all.push_back(ToJson(record));
  }
  return JsonResponse(Dump({{"tokens", all}}));
}

}  // namespace

void AddTokenRoutes(Router& router, Parts parts) {
  catalog::Lake& lake = parts.lakehouse.lake();
  router.Add({.method = "GET",
              .path = "/v1/tokens",
              .summary = "Every token without its secret; for the role admin.",
              .answer = [&lake](const Call& call) { return List(call, lake); },
              .result = "TokenList"});
  router.Add({.method = "POST",
              .path = "/v1/tokens",
              .summary = "Makes a bearer token, which is shown this once; for the role admin.",
              .answer = [&lake](const Call& call) { return Create(call, lake); },
              .body = "TokenRequest",
              .result = "Token",
              .status = 201});
  router.Add({.method = "DELETE",
              .path = "/v1/tokens/{id}",
              .summary = "Takes a token back; for the role admin.",
              .answer =
                  [&lake](const Call& call) {
                    catalog::Tokens(lake).Delete(call.principal, call.path.at("id"));
                    http::Response response;
                    response.status = 204;
                    return response;
                  },
              .status = 204});
}

}  // namespace lakehouse::server::api
