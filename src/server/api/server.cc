#include "server/api/server.h"

#include <utility>

#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/logging.h"
#include "catalog/tokens.h"
#include "server/api/api.h"
#include "server/http/http_server.h"

namespace lakehouse::server::api {
namespace {

bool IsLoopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

http::Options HttpOptionsOf(const Config& config) {
  http::Options options;
  options.host = config.GetString("server.host");
  options.port = static_cast<uint16_t>(config.GetInteger("server.port"));
  options.workers = static_cast<int>(config.GetInteger("server.worker_threads"));
  options.max_connections = static_cast<int>(config.GetInteger("server.max_connections"));
  options.max_header_bytes = static_cast<uint32_t>(config.GetBytes("server.max_header_size"));
  options.max_body_bytes = static_cast<uint64_t>(config.GetBytes("server.max_body_size"));
  options.request_timeout_ms = config.GetDurationMs("server.request_timeout");
  options.idle_timeout_ms = config.GetDurationMs("server.idle_timeout");
  options.drain_timeout_ms = config.GetDurationMs("server.drain_timeout");
  if (config.IsSet("server.tls_certificate")) {
    options.tls_certificate = config.GetString("server.tls_certificate");
  }
  if (config.IsSet("server.tls_key")) options.tls_key = config.GetString("server.tls_key");
  return options;
}

StatementLimits LimitsOf(const Config& config) {
  StatementLimits limits;
  limits.max_statements = static_cast<size_t>(config.GetInteger("server.max_statements"));
  limits.max_result_bytes = config.GetBytes("server.max_result_size");
  limits.keep_ms = config.GetDurationMs("server.statement_keep");
  return limits;
}

void RequireSafePlace(const http::Options& options, bool authenticate) {
  if (IsLoopback(options.host) || (authenticate && !options.tls_certificate.empty())) return;
  throw Error(ErrorKind::kPermissionDenied, "LK-6008",
              "the server would listen on " + options.host + " without " +
                  (authenticate ? "TLS" : "authentication"),
              "Set server.host to 127.0.0.1, or set server.tls_certificate, server.tls_key and "
              "security.enable_authentication.");
}

}  // namespace

/// Members are declared in the order in which they start, so they end in reverse.
class Server::Impl {
 public:
  explicit Impl(std::shared_ptr<app::Lakehouse> lakehouse) : lakehouse_(std::move(lakehouse)) {
    const Config& config = lakehouse_->config();
    const http::Options options = HttpOptionsOf(config);
    const bool authenticate = config.GetBoolean("security.enable_authentication");
    RequireSafePlace(options, authenticate);
    const Access access{authenticate, !config.GetBoolean("security.enable_authorization")};
    api_ = std::make_shared<Api>(*lakehouse_, access, LimitsOf(config));
    http_ = http::HttpServer::Start(options, api_);
    if (authenticate) {
      if (auto made = catalog::Tokens(lakehouse_->lake()).Bootstrap()) token_ = made->token;
    }
    const std::string host =
        options.host.find(':') == std::string::npos ? options.host : "[" + options.host + "]";
    url_ = std::string(http_->tls() ? "https" : "http") + "://" + host + ":" +
           std::to_string(http_->port());
    LogInfo("the server listens", {{"url", url_}});
  }
  ~Impl() { Stop(); }

  void Stop() {
    if (std::exchange(stopped_, true)) return;
    api_->health().Drain();
    // Who balances load over several servers needs a moment to notice.
    SystemClock().SleepMs(lakehouse_->config().GetDurationMs("server.stop_grace"));
    http_->Stop();
  }

  uint16_t port() const { return http_->port(); }
  const std::string& url() const { return url_; }
  const std::optional<std::string>& token() const { return token_; }

 private:
  const std::shared_ptr<app::Lakehouse> lakehouse_;
  std::shared_ptr<Api> api_;
  std::unique_ptr<http::HttpServer> http_;
  std::optional<std::string> token_;
  std::string url_;
  bool stopped_ = false;
};

std::unique_ptr<Server> Server::Start(std::shared_ptr<app::Lakehouse> lakehouse) {
  return std::unique_ptr<Server>(new Server(std::make_unique<Impl>(std::move(lakehouse))));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
uint16_t Server::port() const { return impl_->port(); }
std::string Server::url() const { return impl_->url(); }
const std::optional<std::string>& Server::bootstrap_token() const { return impl_->token(); }
void Server::Stop() { impl_->Stop(); }

}  // namespace lakehouse::server::api
