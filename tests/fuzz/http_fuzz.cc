#include <cstdint>
#include <map>
#include <string>

#include "base/error.h"
#include "server/api/json_body.h"
#include "server/api/router.h"
#include "server/http/message.h"
#include "server/http/parse.h"

/// Any bytes are a request, or are refused with a typed error; so are its target and its body.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace http = lakehouse::server::http;
  namespace api = lakehouse::server::api;
  static const api::Router router = [] {
    api::Router made;
    made.Add({.method = "GET", .path = "/v1/jobs/{id}/runs"});
    made.Add({.method = "POST", .path = "/v1/sql"});
    return made;
  }();
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  try {
    const auto request = http::ParseRequest(bytes, 4096, 65536);
    if (!request) return 0;
    if (request->path.empty() || request->path.front() != '/') __builtin_trap();
    router.Find(request->method, request->path);
    api::JsonBody body(request->body);
    body.Text("sql");
    body.Texts("roles");
    body.Done();
  } catch (const lakehouse::Error& error) {
    if (!error.code().starts_with("LK-60")) __builtin_trap();
    http::ErrorJson(error, "fuzz");
  }
  return 0;
}
