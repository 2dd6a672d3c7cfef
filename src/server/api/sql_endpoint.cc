#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/base64.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "server/api/endpoints.h"
#include "server/api/result_stream.h"
#include "server/rest/json_body.h"

namespace lakehouse::server::api {
namespace {

constexpr size_t kMaxParameters = 1000;

[[noreturn]] void ThrowParameter(size_t index, const std::string& why) {
  throw Error(ErrorKind::kInvalidArgument, "LK-6003",
              "parameter " + std::to_string(index + 1) + " " + why,
              "A parameter is null, a boolean, a number, a text, or {\"type\": \"date\" | "
              "\"timestamp\" | \"timestamptz\" | \"decimal\" | \"binary\", \"value\": \"...\"}.");
}

template <typename Scalar>
auto ParseAs(const std::shared_ptr<arrow::DataType>& type, const std::string& text, size_t index) {
  const auto scalar = arrow::Scalar::Parse(type, text);
  if (!scalar.ok()) ThrowParameter(index, "is not a " + type->ToString() + ": " + text);
  return static_cast<const Scalar&>(**scalar).value;
}

query::Parameter TypedParameter(const Json& object, size_t index) {
  const auto field = [&](const char* name) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_string()) {
      ThrowParameter(index, std::string("lacks the text '") + name + "'");
    }
    return found->get<std::string>();
  };
  const std::string type = field("type");
  const std::string value = field("value");
  if (type == "date") {
    return query::DateParameter{ParseAs<arrow::Date32Scalar>(arrow::date32(), value, index)};
  }
  if (type == "timestamp" || type == "timestamptz") {
    const bool instant = type == "timestamptz";
    const auto arrow_type = instant ? arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")
                                    : arrow::timestamp(arrow::TimeUnit::MICRO);
    return query::TimestampParameter{ParseAs<arrow::TimestampScalar>(arrow_type, value, index),
                                     instant};
  }
  if (type == "decimal") return query::DecimalParameter{value};
  if (type == "binary") {
    const auto bytes = arrow::util::base64_decode(value);
    if (!bytes.ok()) ThrowParameter(index, "is not base64");
    return query::BinaryParameter{*bytes};
  }
  ThrowParameter(index, "has the unknown type '" + type + "'");
}

query::Parameter ToParameter(const Json& value, size_t index) {
  if (value.is_null()) return std::monostate{};
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_unsigned() && value.get<uint64_t>() > uint64_t{INT64_MAX}) {
    return query::DecimalParameter{value.dump()};
  }
  if (value.is_number_integer()) return value.get<int64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  if (value.is_object()) return TypedParameter(value, index);
  ThrowParameter(index, "is a list");
}

std::string Quoted(const std::string& name) {
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

/// What a client asked for.
struct SqlCall {
  query::QueryRequest request;
  std::string schema;
  bool background = false;
};

SqlCall ParseCall(const Call& call) {
  JsonBody body(call.request.body);
  SqlCall parsed;
  query::QueryRequest& request = parsed.request;
  request.sql = body.RequireText("sql");
  const Json& parameters = body.Array("parameters");
  if (parameters.size() > kMaxParameters) {
    ThrowParameter(kMaxParameters,
                   "is one too many; the limit is " + std::to_string(kMaxParameters));
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    request.parameters.push_back(ToParameter(parameters[i], i));
  }
  parsed.schema = body.Text("schema").value_or("");
  request.limits.timeout_ms = body.Count("timeout_ms").value_or(0);
  request.limits.memory_bytes = body.Count("memory_bytes").value_or(0);
  parsed.background = body.Boolean("async").value_or(false);
  body.Done();
  request.principal = call.principal;
  request.request_id = call.request.id;
  request.last = true;
  request.cancellation = call.request.cancellation;
  return parsed;
}

/// "lake.bronze" or "bronze" becomes the session's schema.
void UseSchema(query::Session& session, const SqlCall& call) {
  if (call.schema.empty()) return;
  query::QueryRequest use = call.request;
  use.parameters.clear();
  const size_t dot = call.schema.find('.');
  use.sql = "USE " + Quoted(call.schema.substr(0, dot));
  if (dot != std::string::npos) use.sql += "." + Quoted(call.schema.substr(dot + 1));
  session.Execute(use);
}

http::Response Answer(const Call& call, Parts parts) {
  SqlCall parsed = ParseCall(call);
  if (parsed.background) {
    if (!parsed.schema.empty()) {
      throw Error(ErrorKind::kUnsupported, "LK-6018", "schema and async do not go together",
                  "Write the names in the statement in full.");
    }
    const std::string id = parts.statements.Start(std::move(parsed.request));
    http::Response started = JsonResponse(
        Json{{"id", id}, {"state", "running"}, {"url", "/v1/statements/" + id}}.dump(), 202);
    started.headers["Location"] = "/v1/statements/" + id;
    return started;
  }
  const ResultForm form = FormOf(call.request.header("accept"));
  OpenResult open;
  open.session = parts.lakehouse.engine().OpenSession(call.principal);
  UseSchema(*open.session, parsed);
  open.result = open.session->Execute(parsed.request);
  http::Response response;
  response.content_type = ContentType(form);
  response.headers["X-Query-Id"] = open.result.query_id;
  response.stream = MakeResultStream(form, std::move(open));
  return response;
}

}  // namespace

void AddSqlRoutes(Router& router, Parts parts) {
  router.Add({.method = "POST",
              .path = "/v1/sql",
              .summary = "Runs one SQL statement. The header Accept chooses JSON, JSON Lines or an "
                         "Arrow stream; with async it runs in the background (202).",
              .answer = [parts](const Call& call) { return Answer(call, parts); },
              .body = "SqlRequest",
              .result = "SqlResult"});
}

}  // namespace lakehouse::server::api
