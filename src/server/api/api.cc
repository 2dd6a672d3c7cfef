#include "server/api/api.h"

#include <utility>

#include "base/error.h"
#include "base/tracing.h"
#include "catalog/tokens.h"
#include "io/http/http_client.h"
#include "server/api/endpoints.h"

namespace lakehouse::server::api {
namespace {

/// "https://localhost:3000"; never "null", which pages of files and frames without rights send.
bool IsLoopbackOrigin(std::string_view origin) {
  const size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && io::http::IsLoopbackHost(origin.substr(scheme + 3));
}

/// Without authentication only pages and programs of this machine are answered. `Host` shows a
/// name of another site that leads here; `Origin` a page of another site, which a browser lets send
/// requests without a body anywhere.
void RequireLoopback(const http::Request& request) {
  const auto refuse = [](const std::string& what) {
    throw Error(ErrorKind::kPermissionDenied, "LK-6019", what + " is not a loopback name",
                "Use localhost, or turn security.enable_authentication on.");
  };
  const std::string& host = request.header("host");
  if (!io::http::IsLoopbackHost(host)) refuse("the host '" + host + "'");
  const std::string& origin = request.header("origin");
  if (!origin.empty() && !IsLoopbackOrigin(origin)) refuse("the origin '" + origin + "'");
}

/// A browser sends such a body to another site only after it has asked this server.
void RequireJson(const http::Request& request) {
  if (request.header("content-type").starts_with("application/json")) return;
  throw Error(ErrorKind::kInvalidArgument, "LK-6014",
              "the body is '" + request.header("content-type") + "'",
              "Send it with Content-Type: application/json.");
}

}  // namespace

Api::Api(app::Lakehouse& lakehouse, Access access, const StatementLimits& limits)
    : lakehouse_(lakehouse),
      access_(access),
      health_(lakehouse),
      statements_([&lakehouse]() -> query::QueryEngine& { return lakehouse.engine(); }, limits) {
  const Parts parts{lakehouse_, statements_, health_};
  AddHealthRoutes(router_, parts);
  AddSqlRoutes(router_, parts);
  AddStatementRoutes(router_, parts);
  AddJobRoutes(router_, parts);
  AddTableRoutes(router_, parts);
  AddTokenRoutes(router_, parts);
  AddOpenApiRoute(router_);
}

security::Principal Api::Identify(const http::Request& request) {
  security::Principal principal = security::LocalPrincipal();
  if (access_.authenticate) {
    const std::string& header = request.header("authorization");
    const std::string scheme = "Bearer ";
    std::optional<security::Principal> holder;
    if (header.starts_with(scheme)) {
      holder = catalog::Tokens(lakehouse_.lake()).Holder(header.substr(scheme.size()));
    }
    if (!holder) {
      throw Error(ErrorKind::kUnauthenticated, "LK-6006",
                  header.empty() ? "the request has no token" : "the token is not known or expired",
                  "Send Authorization: Bearer <token>; lakehouse token create makes one.");
    }
    principal = *std::move(holder);
  } else {
    RequireLoopback(request);
  }
  if (access_.administrators && !principal.HasRole(security::kAdminRole)) {
    principal.roles.push_back(security::kAdminRole);
  }
  return principal;
}

http::Response Api::Answer(const http::Request& request, const Router::Match& match,
                           security::Principal principal) {
  http::Response response;
  const std::string name = principal.name;
  try {
    if (!match.route->body.empty()) RequireJson(request);
    response = match.route->answer({request, std::move(principal), match.path});
  } catch (...) {
    response = http::ErrorResponse(CurrentError(), request.id);
  }
  response.route = match.route->path;
  response.principal = name;
  return response;
}

std::optional<http::Response> Api::HandleAtOnce(const http::Request& request) {
  for (const Route& route : router_.routes()) {
    if (route.instant && route.method == request.method && route.path == request.path) {
      return Answer(request, {&route, {}}, {});
    }
  }
  return std::nullopt;
}

http::Response Api::Handle(const http::Request& request) {
  const Span span(request.method + " " + request.path, request.header("traceparent"));
  const std::string methods = router_.Methods(request.path);
  if (request.method == "OPTIONS" && !methods.empty()) {
    http::Response allowed;
    allowed.status = 204;
    allowed.headers["Allow"] = methods;
    return allowed;
  }
  Router::Match match;
  try {
    match = router_.Find(request.method, request.path);
  } catch (const Error& error) {
    http::Response refused =
        http::ErrorResponse(error, request.id, error.code() == "LK-6002" ? 405 : 0);
    if (!methods.empty()) refused.headers["Allow"] = methods;
    return refused;
  }
  security::Principal principal;
  if (!match.route->open) {
    try {
      principal = Identify(request);
    } catch (const Error& error) {
      http::Response refused = http::ErrorResponse(error, request.id);
      refused.route = match.route->path;
      return refused;
    }
  }
  return Answer(request, match, std::move(principal));
}

}  // namespace lakehouse::server::api
