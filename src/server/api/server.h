#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/lakehouse.h"

namespace lakehouse::server::api {

/// The HTTP server of one lakehouse, as its configuration says (server.*, security.*). Errors of
/// Start beside those of HttpServer: PermissionDenied LK-6008 when it would listen beyond loopback
/// without TLS and authentication.
class Server {
 public:
  static std::unique_ptr<Server> Start(std::shared_ptr<app::Lakehouse> lakehouse);
  ~Server();  ///< Stop

  uint16_t port() const;
  std::string url() const;
  /// The bootstrap token, when this start made it. It is nowhere else.
  const std::optional<std::string>& bootstrap_token() const;
  /// Not ready any more; running requests end (server.drain_timeout), then every thread has ended.
  void Stop();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lakehouse::server::api
