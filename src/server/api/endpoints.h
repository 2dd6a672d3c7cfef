#pragma once

#include "app/lakehouse.h"
#include "server/api/router.h"
#include "server/api/statements.h"

namespace lakehouse::server::api {

class Health;

/// What the routes work with; outlives them.
struct Parts {
  app::Lakehouse& lakehouse;
  Statements& statements;
  Health& health;
};

// Each adds the routes of one area; one file per area.
void AddHealthRoutes(Router& router, Parts parts);
void AddSqlRoutes(Router& router, Parts parts);
void AddStatementRoutes(Router& router, Parts parts);
void AddJobRoutes(Router& router, Parts parts);
void AddTableRoutes(Router& router, Parts parts);
void AddTokenRoutes(Router& router, Parts parts);
/// The OpenAPI 3.1 document of the routes that are there when it is asked for.
void AddOpenApiRoute(Router& router);

/// `value` as the body of an answer.
http::Response JsonResponse(const std::string& json, int status = 200);

}  // namespace lakehouse::server::api
