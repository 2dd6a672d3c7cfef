#include "server/api/router.h"

#include <optional>
#include <utility>

#include "base/error.h"
#include "base/suggest.h"

namespace lakehouse::server::api {
namespace {

std::string_view NextPart(std::string_view& rest) {
  rest.remove_prefix(1);
  const size_t end = rest.find('/');
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
  return part;
}

/// The values of a template's {names} when `path` fits it.
std::optional<std::map<std::string, std::string>> Fit(std::string_view pattern,
                                                      std::string_view path) {
  std::map<std::string, std::string> values;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view expected = NextPart(pattern);
    const std::string_view actual = NextPart(path);
    if (expected.starts_with('{')) {
      if (actual.empty()) return std::nullopt;
      values[std::string(expected.substr(1, expected.size() - 2))] = std::string(actual);
    } else if (expected != actual) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return values;
}

}  // namespace

void Router::Add(Route route) { routes_.push_back(std::move(route)); }

std::string Router::Methods(const std::string& path) const {
  std::string methods;
  for (const Route& route : routes_) {
    if (Fit(route.path, path)) methods += (methods.empty() ? "" : ", ") + route.method;
  }
  return methods;
}

Router::Match Router::Find(const std::string& method, const std::string& path) const {
  for (const Route& route : routes_) {
    if (route.method != method) continue;
    if (auto values = Fit(route.path, path)) return {&route, *std::move(values)};
  }
  const std::string methods = Methods(path);
  if (!methods.empty()) {
    throw Error(ErrorKind::kInvalidArgument, "LK-6002", path + " does not take " + method,
                "It takes " + methods + ".");
  }
  std::vector<std::string> paths;
  for (const Route& route : routes_) paths.push_back(route.path);
  const std::string suggestion = DidYouMean(path, paths);
  throw Error(ErrorKind::kNotFound, "LK-6001", "there is nothing at " + path,
              suggestion.empty() ? "GET /openapi.json lists every route." : suggestion);
}

}  // namespace lakehouse::server::api
