#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "server/api/endpoints.h"
#include "server/api/json_body.h"

namespace lakehouse::server::api {
namespace {

constexpr size_t kDefaultCommits = 100;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json ToJson(const catalog::ObjectInfo& object) {
  return {{"name", object.name.ToString()},
          {"kind", object.kind == catalog::ObjectKind::kView ? "view" : "table"},
          {"format", object.kind == catalog::ObjectKind::kView ? "" : object.format},
          {"location", object.location},
          {"owner", object.owner},
          {"comment", object.comment},
          {"created", FormatTimestampMs(object.created_ms)}};
}

Json ToJson(const storage::Snapshot& snapshot) {
  Json columns = Json::array();
  for (const storage::Field& field : snapshot.schema().fields) {
    columns.push_back(
        {{"name", field.name}, {"type", field.type->ToString()}, {"nullable", field.nullable}});
  }
  const auto rows = snapshot.total_records();
  return {{"version", snapshot.version()},
          {"committed", FormatTimestampMs(snapshot.timestamp_ms())},
          {"files", snapshot.file_count()},
          {"bytes", snapshot.total_bytes()},
          {"rows", rows ? Json(*rows) : Json()},
          {"partition_columns", snapshot.metadata().partition_columns},
          {"properties", snapshot.metadata().properties},
          {"columns", columns}};
}

Json ToJson(const storage::HistoryEntry& entry) {
  return {{"version", entry.version},     {"timestamp", FormatTimestampMs(entry.timestamp_ms)},
          {"operation", entry.operation}, {"parameters", entry.parameters},
          {"metrics", entry.metrics},     {"user", entry.user_name},
          {"engine", entry.engine_info}};
}

http::Response ListTables(const Call& call, catalog::Lake& lake) {
  const auto schema_wanted = call.request.query.find("schema");
  Json all = Json::array();
  for (const std::string& catalog : lake.ListCatalogs(call.principal)) {
    for (const auto& schema : lake.ListSchemas(call.principal, catalog)) {
      if (schema_wanted != call.request.query.end() && schema_wanted->second != schema.name &&
          schema_wanted->second != catalog + "." + schema.name) {
        continue;
      }
      for (const auto& object : lake.ListObjects(call.principal, catalog, schema.name)) {
        all.push_back(ToJson(object));
      }
    }
  }
  return JsonResponse(Dump({{"tables", all}}));
}

catalog::ResolvedObject Resolve(const Call& call, app::Lakehouse& lakehouse) {
  const auto name =
      catalog::ObjectName::Parse(call.path.at("name"), lakehouse.lake().default_catalog(),
                                 lakehouse.config().GetString("query.default_schema"));
  return lakehouse.lake().Resolve(call.principal, catalog::Action::kSelect, name);
}

http::Response ShowTable(const Call& call, app::Lakehouse& lakehouse) {
  const catalog::ResolvedObject found = Resolve(call, lakehouse);
  Json json = ToJson(found.info);
  if (found.table) {
    json.update(ToJson(*found.table->Latest()));
  } else {
    json["sql"] = found.info.view_sql;
  }
  return JsonResponse(Dump(json));
}

http::Response History(const Call& call, app::Lakehouse& lakehouse) {
  const catalog::ResolvedObject found = Resolve(call, lakehouse);
  Json all = Json::array();
  if (found.table) {
    for (const auto& entry : found.table->History(kDefaultCommits)) all.push_back(ToJson(entry));
  }
  return JsonResponse(Dump({{"history", all}}));
}

}  // namespace

void AddTableRoutes(Router& router, Parts parts) {
  app::Lakehouse& lakehouse = parts.lakehouse;
  router.Add(
      {.method = "GET",
       .path = "/v1/tables",
       .summary = "The tables and views that the caller may see.",
       .answer = [&lakehouse](const Call& call) { return ListTables(call, lakehouse.lake()); },
       .result = "TableList",
       .query = {{"schema", "only those of this schema"}}});
  router.Add({.method = "GET",
              .path = "/v1/tables/{name}",
              .summary = "One table or view: version, size, columns.",
              .answer = [&lakehouse](const Call& call) { return ShowTable(call, lakehouse); },
              .result = "Table"});
  router.Add({.method = "GET",
              .path = "/v1/tables/{name}/history",
              .summary = "Its last 100 commits, newest first.",
              .answer = [&lakehouse](const Call& call) { return History(call, lakehouse); },
              .result = "History"});
}

}  // namespace lakehouse::server::api
