#include <nlohmann/json.hpp>

#include "base/version.h"
#include "server/api/endpoints.h"
#include "server/api/json_body.h"

namespace lakehouse::server::api {
namespace {

/// What the bodies look like, as JSON Schema.
constexpr char kSchemas[] = R"json(
 {
  "Error": {"type": "object", "properties": {"error": {"type": "object", "properties": {
    "code": {"type": "string", "pattern": "^LK-[0-9]{4}$"}, "kind": {"type": "string"},
    "message": {"type": "string"}, "cause": {"type": "string"}, "hint": {"type": "string"},
    "retryable": {"type": "boolean"}, "request_id": {"type": "string"}},
    "required": ["code", "kind", "message"]}}, "required": ["error"]},
  "Status": {"type": "object", "properties": {"status": {"type": "string"}}},
  "Version": {"type": "object", "properties": {"version": {"type": "string"}}},
  "Readiness": {"type": "object", "properties": {"status": {"enum": ["ready", "not ready"]},
    "components": {"type": "array", "items": {"type": "object", "properties": {
      "name": {"type": "string"}, "status": {"type": "string"}, "since": {"type": "string"},
      "latency_ms": {"type": "number"}, "code": {"type": "string"},
      "message": {"type": "string"}}}}}},
  "Parameter": {"description": "A value for ? or $1.", "oneOf": [{"type": "null"},
    {"type": "boolean"}, {"type": "number"}, {"type": "string"}, {"type": "object",
    "properties": {"type": {"enum": ["date", "timestamp", "timestamptz", "decimal", "binary"]},
    "value": {"type": "string"}}, "required": ["type", "value"]}]},
  "SqlRequest": {"type": "object", "additionalProperties": false, "required": ["sql"],
    "properties": {"sql": {"type": "string", "description": "One statement."},
    "parameters": {"type": "array", "items": {"$ref": "#/components/schemas/Parameter"},
      "maxItems": 1000},
    "schema": {"type": "string", "description": "Schema of names that have none."},
    "timeout_ms": {"type": "integer", "minimum": 0}, "memory_bytes": {"type": "integer",
    "minimum": 0}, "async": {"type": "boolean", "description": "Run it in the background."}}},
  "SqlResult": {"type": "object", "properties": {"query_id": {"type": "string"},
    "engine": {"type": "string"}, "columns": {"type": "array", "items": {"type": "object",
    "properties": {"name": {"type": "string"}, "type": {"type": "string"}}}},
    "rows": {"type": "array", "items": {"type": "array", "items": {}}},
    "row_count": {"type": "integer"}, "affected_rows": {"type": ["integer", "null"]},
    "metrics": {"type": "object"}}},
  "Statement": {"type": "object", "properties": {"id": {"type": "string"},
    "state": {"enum": ["running", "succeeded", "failed", "cancelled"]},
    "principal": {"type": "string"}, "progress": {"type": ["number", "null"]},
    "started": {"type": "string"}, "finished": {"type": "string"},
    "row_count": {"type": "integer"}, "affected_rows": {"type": "integer"},
    "result_url": {"type": "string"}, "error": {"type": "object"}}},
  "StatementList": {"type": "object", "properties": {"statements": {"type": "array",
    "items": {"$ref": "#/components/schemas/Statement"}}}},
  "JobRequest": {"type": "object", "description": "The dictionary of an ingestion job.",
    "required": ["source_type", "source_config"], "properties": {"name": {"type": "string"},
    "source_type": {"enum": ["postgresql", "csv", "json", "parquet"]},
    "source_config": {"type": "object"}, "target": {"type": "string"},
    "target_path": {"type": "string"}, "mode": {"type": "string"},
    "write_mode": {"enum": ["append", "overwrite"]}}},
  "JobId": {"type": "object", "properties": {"id": {"type": "string"}}},
  "Job": {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"},
    "kind": {"type": "string"}, "owner": {"type": "string"}, "created": {"type": "string"},
    "configuration": {"type": "object"}, "last_run": {"oneOf": [{"type": "null"},
    {"$ref": "#/components/schemas/Run"}]}}},
  "JobList": {"type": "object", "properties": {"jobs": {"type": "array",
    "items": {"$ref": "#/components/schemas/Job"}}}},
  "Run": {"type": "object", "properties": {"run_id": {"type": "string"},
    "job_id": {"type": "string"}, "job_name": {"type": "string"},
    "state": {"enum": ["pending", "running", "retrying", "succeeded", "failed", "cancelled"]},
    "attempt": {"type": "integer"}, "started": {"type": "string"},
    "finished": {"type": ["string", "null"]}, "fraction": {"type": ["number", "null"]},
    "metrics": {"type": "object"}, "error": {"type": "object"}}},
  "RunId": {"type": "object", "properties": {"run_id": {"type": "string"}}},
  "RunList": {"type": "object", "properties": {"runs": {"type": "array",
    "items": {"$ref": "#/components/schemas/Run"}}}},
  "Stopped": {"type": "object", "properties": {"stopped": {"type": "boolean"}}},
  "Table": {"type": "object", "properties": {"name": {"type": "string"},
    "kind": {"enum": ["table", "view"]}, "format": {"type": "string"},
    "location": {"type": "string"}, "owner": {"type": "string"}, "comment": {"type": "string"},
    "created": {"type": "string"}, "version": {"type": "integer"}, "committed": {"type": "string"},
    "files": {"type": "integer"}, "bytes": {"type": "integer"},
    "rows": {"type": ["integer", "null"]}, "partition_columns": {"type": "array",
    "items": {"type": "string"}}, "properties": {"type": "object"}, "columns": {"type": "array",
    "items": {"type": "object"}}, "sql": {"type": "string"}}},
  "TableList": {"type": "object", "properties": {"tables": {"type": "array",
    "items": {"$ref": "#/components/schemas/Table"}}}},
  "History": {"type": "object", "properties": {"history": {"type": "array", "items": {
    "type": "object", "properties": {"version": {"type": "integer"},
    "timestamp": {"type": "string"}, "operation": {"type": "string"},
    "parameters": {"type": "object"}, "metrics": {"type": "object"}, "user": {"type": "string"},
    "engine": {"type": "string"}}}}}},
  "TokenRequest": {"type": "object", "additionalProperties": false, "required": ["principal"],
    "properties": {"principal": {"type": "string"}, "roles": {"type": "array",
    "items": {"type": "string"}}, "description": {"type": "string"},
    "expires_in_seconds": {"type": "integer", "minimum": 0}}},
  "Token": {"type": "object", "properties": {"id": {"type": "string"},
    "principal": {"type": "string"}, "roles": {"type": "string"},
    "description": {"type": "string"}, "created": {"type": "string"},
    "expires": {"type": ["string", "null"]}, "token": {"type": "string"}}},
  "TokenList": {"type": "object", "properties": {"tokens": {"type": "array",
    "items": {"$ref": "#/components/schemas/Token"}}}}
})json";

Json Reference(const std::string& schema) { return {{"$ref", "#/components/schemas/" + schema}}; }

Json JsonContent(const std::string& schema) {
  return {{"application/json", {{"schema", Reference(schema)}}}};
}

Json Parameters(const Route& route) {
  Json parameters = Json::array();
  for (size_t at = 0; (at = route.path.find('{', at)) != std::string::npos; ++at) {
    const std::string name = route.path.substr(at + 1, route.path.find('}', at) - at - 1);
    parameters.push_back(
        {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  }
  for (const auto& [name, meaning] : route.query) {
    parameters.push_back({{"name", name},
                          {"in", "query"},
                          {"description", meaning},
                          {"schema", {{"type", "string"}}}});
  }
  return parameters;
}

Json Operation(const Route& route) {
  Json operation = {{"summary", route.summary}};
  if (const Json parameters = Parameters(route); !parameters.empty()) {
    operation["parameters"] = parameters;
  }
  if (!route.body.empty()) {
    operation["requestBody"] = {{"required", true}, {"content", JsonContent(route.body)}};
  }
  Json success = {{"description", "It went well."}};
  if (!route.result.empty()) success["content"] = JsonContent(route.result);
  if (route.result == "SqlResult") {
    for (const char* type : {"application/x-ndjson", "application/vnd.apache.arrow.stream"}) {
      success["content"][type] = {{"schema", Json::object()}};
    }
  }
  operation["responses"] = {
      {std::to_string(route.status), success},
      {"default", {{"description", "An error."}, {"content", JsonContent("Error")}}}};
  if (route.open) operation["security"] = Json::array();
  return operation;
}

std::string Document(const Router& router) {
  Json paths = Json::object();
  for (const Route& route : router.routes()) {
    std::string method = route.method;
    for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    paths[route.path][method] = Operation(route);
  }
  Json document = {{"openapi", "3.1.0"},
                   {"info",
                    {{"title", "lakehouse"},
                     {"version", std::string(Version())},
                     {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
                   {"paths", paths},
                   {"components",
                    {{"schemas", Json::parse(kSchemas)},
                     {"securitySchemes", {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
  document["security"] = Json::array({Json::object({{"bearer", Json::array()}})});
  return document.dump(1);
}

}  // namespace

void AddOpenApiRoute(Router& router) {
  router.Add({.method = "GET",
              .path = "/openapi.json",
              .summary = "This document.",
              .answer = [&router](const Call&) { return JsonResponse(Document(router)); },
              .open = true});
}

}  // namespace lakehouse::server::api
