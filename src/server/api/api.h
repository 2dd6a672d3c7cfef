#pragma once

#include <memory>

#include "app/lakehouse.h"
#include "server/api/health.h"
#include "server/api/statements.h"
#include "server/http/message.h"
#include "server/rest/router.h"

namespace lakehouse::server::api {

/// What is asked of callers.
struct Access {
  bool authenticate = false;    ///< a bearer token; else everybody is the principal "local"
  bool administrators = false;  ///< everybody has the role admin (authorization is off)
};

/// Every route of the server: finds it, makes sure who asks, and answers. Without authentication
/// only loopback names are taken as Host and Origin, so that no web page of another site reaches
/// the server through its visitor's browser: PermissionDenied LK-6019. Missing or wrong tokens:
/// Unauthenticated LK-6006. Thread-safe.
class Api : public http::Handler {
 public:
  Api(app::Lakehouse& lakehouse, Access access, const StatementLimits& limits);

  std::optional<http::Response> HandleAtOnce(const http::Request& request) override;
  http::Response Handle(const http::Request& request) override;

  const rest::Router& router() const { return router_; }
  Health& health() { return health_; }

 private:
  security::Principal Identify(const http::Request& request);
  http::Response Answer(const http::Request& request, const rest::Router::Match& match,
                        security::Principal principal);

  app::Lakehouse& lakehouse_;
  const Access access_;
  Health health_;
  Statements statements_;
  rest::Router router_;
};

}  // namespace lakehouse::server::api
