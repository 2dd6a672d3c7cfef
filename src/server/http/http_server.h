#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "server/http/message.h"

namespace lakehouse::server::http {

/// Every bound of the server; the settings server.* of the configuration.
struct Options {
  std::string host = "127.0.0.1";
  uint16_t port = 0;  ///< 0 takes a free one
  int workers = 16;   ///< threads that answer requests
  int max_connections = 256;
  uint32_t max_header_bytes = 16 * 1024;
  uint64_t max_body_bytes = 8 * 1024 * 1024;
  int64_t request_timeout_ms = 30'000;  ///< in which a request must have arrived
  int64_t idle_timeout_ms = 60'000;     ///< without a request, or without progress of a write
  int64_t drain_timeout_ms = 25'000;    ///< that running requests have to end at Stop
  std::string tls_certificate;          ///< PEM file of the chain; empty: no TLS
  std::string tls_key;                  ///< PEM file
};

/// HTTP/1.1 with keep-alive, on one event loop and `workers` threads. Errors of Start: Unavailable
/// LK-6013 when the address cannot be had, InvalidArgument LK-6007 for a certificate or key that
/// cannot be used. Thread-safe.
class HttpServer {
 public:
  static std::unique_ptr<HttpServer> Start(const Options& options,
                                           std::shared_ptr<Handler> handler);
  ~HttpServer();  ///< Stop

  uint16_t port() const;
  bool tls() const;
  /// Takes no new connection, closes idle ones, lets running requests end (cancels them after
  /// drain_timeout_ms), and returns when every thread has ended. A second call returns at once.
  void Stop();

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lakehouse::server::http
