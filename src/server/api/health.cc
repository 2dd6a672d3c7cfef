#include "server/api/health.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "app/lakehouse.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/logging.h"
#include "base/metrics.h"
#include "base/version.h"
#include "server/api/endpoints.h"

namespace lakehouse::server::api {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto kCheckEvery = std::chrono::seconds(5);
constexpr char kStateFolder[] = "_lakehouse";

Json ToJson(const ComponentHealth& component) {
  Json json = {{"name", component.name},
               {"status", component.ready ? "ready" : "not ready"},
               {"since", FormatTimestampMs(component.since_ms)},
               {"latency_ms", component.latency_ms}};
  if (!component.ready) {
    json["code"] = component.code;
    json["message"] = component.message;
  }
  return json;
}

http::Response Readiness(const Health& health) {
  Json components = Json::array();
  for (const ComponentHealth& component : health.Components()) {
    components.push_back(ToJson(component));
  }
  const bool ready = health.ready();
  const Json body = {{"status", ready ? "ready" : "not ready"}, {"components", components}};
  return JsonResponse(body.dump(-1, ' ', false, Json::error_handler_t::replace), ready ? 200 : 503);
}

}  // namespace

Health::Health(app::Lakehouse& lakehouse) : lakehouse_(lakehouse) {
  components_["server"] = {.name = "server", .ready = true, .since_ms = SystemClock().NowMs()};
  thread_ = std::thread([this] { Loop(); });
}

Health::~Health() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Health::Loop() {
  while (true) {
    Check("metadata", [&] { lakehouse_.lake().metadata().Ping(); });
    Check("storage", [&] { lakehouse_.lake().stores().data_root()->List(kStateFolder); });
    Check("engine", [&] {
      if (lakehouse_.engine_open()) lakehouse_.engine().Ping();  // it starts at its first statement
    });
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, kCheckEvery, [&] { return stop_; })) return;
  }
}

void Health::Check(const std::string& name, const std::function<void()>& look) {
  ComponentHealth now{.name = name, .ready = true, .since_ms = SystemClock().NowMs()};
  const int64_t begin = SystemClock().MonotonicNs();
  try {
    look();
  } catch (...) {
    const Error error = CurrentError();
    now.ready = false;
    now.code = error.code();
    now.message = error.message();
  }
  now.latency_ms = static_cast<double>(SystemClock().MonotonicNs() - begin) / 1e6;
  const std::lock_guard lock(mutex_);
  ComponentHealth& last = components_[name];
  const bool changed = last.name.empty() || last.ready != now.ready;
  if (changed && !now.ready) {
    LogError("not ready", {{"component", name}, {"code", now.code}, {"message", now.message}});
  }
  if (!changed) now.since_ms = last.since_ms;
  last = std::move(now);
}

std::vector<ComponentHealth> Health::Components() const {
  const std::lock_guard lock(mutex_);
  std::vector<ComponentHealth> all;
  for (const auto& [name, component] : components_) all.push_back(component);
  return all;
}

bool Health::ready() const {
  const std::lock_guard lock(mutex_);
  // All three have been looked at once, beside "server".
  if (components_.size() < 4) return false;
  for (const auto& [name, component] : components_) {
    if (!component.ready) return false;
  }
  return true;
}

void Health::Drain() {
  const std::lock_guard lock(mutex_);
  components_["server"] = {.name = "server",
                           .ready = false,
                           .since_ms = SystemClock().NowMs(),
                           .code = "LK-6017",
                           .message = "the server is ending"};
}

http::Response JsonResponse(const std::string& json, int status) {
  http::Response response;
  response.status = status;
  response.body = json + "\n";
  return response;
}

void AddHealthRoutes(Router& router, Parts parts) {
  router.Add({.method = "GET",
              .path = "/livez",
              .summary = "Is the process alive? Looks at nothing else.",
              .answer = [](const Call&) { return JsonResponse(R"({"status":"alive"})"); },
              .result = "Status",
              .open = true,
              .instant = true});
  router.Add(
      {.method = "GET",
       .path = "/readyz",
       .summary = "Can requests be answered? 503 when not, with the state of each component.",
       .answer = [&health = parts.health](const Call&) { return Readiness(health); },
       .result = "Readiness",
       .open = true,
       .instant = true});
  router.Add({.method = "GET",
              .path = "/metrics",
              .summary = "Metrics in Prometheus' text format.",
              .answer = [](const Call&) {
                http::Response response;
                response.content_type = "text/plain; version=0.0.4; charset=utf-8";
                response.body = Metrics::Instance().Text();
                return response;
              }});
  router.Add({.method = "GET",
              .path = "/v1/version",
              .summary = "The version of the server.",
              .answer =
                  [](const Call&) {
                    return JsonResponse(Json{{"version", std::string(Version())}}.dump());
                  },
              .result = "Version"});
}

}  // namespace lakehouse::server::api
