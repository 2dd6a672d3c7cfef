#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "security/principal.h"
#include "server/http/message.h"

namespace lakehouse::server::api {

/// One request on its way to a route.
struct Call {
  const http::Request& request;
  security::Principal principal;
  std::map<std::string, std::string> path;  ///< values of {name} in the route
};

/// What is said about a route in the OpenAPI document, beside how it is answered.
struct Route {
  std::string method;
  std::string path;     ///< "/v1/jobs/{id}/runs"
  std::string summary;  ///< one sentence
  std::function<http::Response(const Call&)> answer;
  std::string body;      ///< name of the request's schema in openapi.cc; empty: no body
  std::string result;    ///< name of the answer's schema; empty: none
  int status = 200;      ///< of success
  bool open = false;     ///< needs no token
  bool instant = false;  ///< never blocks: answered on the event loop
  std::vector<std::pair<std::string, std::string>> query;  ///< parameters and what they mean
};

/// The routes of the server. Find answers NotFound LK-6001 with did-you-mean for an unknown path
/// and InvalidArgument LK-6002 (status 405, header Allow) for a method that the path does not have.
class Router {
 public:
  void Add(Route route);
  const std::vector<Route>& routes() const { return routes_; }

  struct Match {
    const Route* route = nullptr;
    std::map<std::string, std::string> path;
  };
  Match Find(const std::string& method, const std::string& path) const;
  /// The methods of a path, "GET, POST"; empty when there is no such path.
  std::string Methods(const std::string& path) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace lakehouse::server::api
