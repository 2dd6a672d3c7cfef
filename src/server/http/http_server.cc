#include "server/http/http_server.h"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/logging.h"
#include "server/http/connection.h"
#include "server/http/server_state.h"

namespace lakehouse::server::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr auto kAcceptPause = std::chrono::milliseconds(100);
constexpr auto kPollPause = std::chrono::milliseconds(10);

std::unique_ptr<asio::ssl::context> MakeTls(const Options& options) {
  if (options.tls_certificate.empty() && options.tls_key.empty()) return nullptr;
  const std::string hint =
      "server.tls_certificate is a PEM file of the chain, server.tls_key a PEM file of its key.";
  if (options.tls_certificate.empty() || options.tls_key.empty()) {
    throw Error(ErrorKind::kInvalidArgument, "LK-6007",
                "TLS needs both a certificate and a key, one of them is not set", hint);
  }
  auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  context->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1 |
                       asio::ssl::context::single_dh_use);
  ErrorCode failure;
  context->use_certificate_chain_file(options.tls_certificate, failure);
  if (failure) {
    throw Error(ErrorKind::kInvalidArgument, "LK-6007",
                "cannot use the certificate " + options.tls_certificate + ": " + failure.message(),
                hint);
  }
  context->use_private_key_file(options.tls_key, asio::ssl::context::pem, failure);
  if (failure) {
    throw Error(ErrorKind::kInvalidArgument, "LK-6007",
                "cannot use the key " + options.tls_key + ": " + failure.message(), hint);
  }
  return context;
}

tcp::acceptor Listen(asio::io_context& loop, const Options& options) {
  const std::string place = options.host + ":" + std::to_string(options.port);
  ErrorCode failure;
  const auto address = asio::ip::make_address(
      options.host == "localhost" ? std::string("127.0.0.1") : options.host, failure);
  if (failure) {
    throw Error(ErrorKind::kInvalidArgument, "LK-6013",
                "server.host '" + options.host + "' is not an address",
                "Give an IP address, such as 127.0.0.1 or ::1.");
  }
  tcp::acceptor acceptor(loop);
  const tcp::endpoint endpoint(address, options.port);
  acceptor.open(endpoint.protocol(), failure);
  if (!failure) acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
  if (!failure) acceptor.bind(endpoint, failure);
  if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
  if (failure) {
    throw Error(ErrorKind::kUnavailable, "LK-6013",
                "cannot listen on " + place + ": " + failure.message(),
                "Choose another server.port (0 takes a free one), or end the process that has it.");
  }
  return acceptor;
}

/// Says that there is no room, and closes.
asio::awaitable<void> Refuse(tcp::socket socket) {
  static const std::string kBody = ErrorJson(
      Error(ErrorKind::kUnavailable, "LK-6010", "the server has no room for another connection",
            "Try again in a moment; the limit is server.max_connections."),
      {});
  static const std::string kAnswer =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
      "Connection: close\r\nContent-Length: " +
      std::to_string(kBody.size()) + "\r\n\r\n" + kBody;
  ErrorCode failure;
  co_await asio::async_write(socket, asio::buffer(kAnswer),
                             asio::redirect_error(asio::use_awaitable, failure));
  socket.shutdown(tcp::socket::shutdown_send, failure);
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(const Options& options, std::shared_ptr<Handler> handler)
      : state_(std::make_shared<ServerState>(options, std::move(handler))),
        tls_(MakeTls(options)),
        acceptor_(Listen(state_->loop, options)),
        port_(acceptor_.local_endpoint().port()),
        keep_running_(asio::make_work_guard(state_->loop)) {
    asio::co_spawn(state_->loop, Accept(), asio::detached);
    thread_ = std::thread([this] { state_->loop.run(); });
  }

  uint16_t port() const { return port_; }
  bool tls() const { return tls_ != nullptr; }

  void Stop() {
    const std::lock_guard lock(stop_mutex_);
    if (!thread_.joinable()) return;
    OnLoop([this] {
      state_->draining = true;
      ErrorCode ignored;
      acceptor_.close(ignored);
      for (OpenConnection* connection : state_->open) {
        if (!connection->busy) connection->socket->cancel(ignored);
      }
    });
    if (!WaitUntilClosed(state_->options.drain_timeout_ms)) {
      LogWarn("requests did not end in time and are cancelled");
      OnLoop([this] {
        for (OpenConnection* connection : state_->open) connection->request.Cancel();
      });
      WaitUntilClosed(state_->options.drain_timeout_ms);
      OnLoop([this] {
        ErrorCode ignored;
        for (OpenConnection* connection : state_->open) connection->socket->close(ignored);
      });
      while (!WaitUntilClosed(60'000)) LogWarn("a request does not end although it is cancelled");
    }
    state_->workers.join();
    keep_running_.reset();
    state_->loop.stop();
    thread_.join();
  }

 private:
  asio::awaitable<void> Accept() {
    while (acceptor_.is_open()) {
      ErrorCode failure;
      tcp::socket socket =
          co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, failure));
      if (failure == asio::error::operation_aborted) co_return;
      if (failure) {  // such as too many open files
        asio::steady_timer pause(state_->loop, kAcceptPause);
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failure));
        continue;
      }
      const bool full = state_->open.size() >= size_t(state_->options.max_connections);
      asio::co_spawn(
          state_->loop,
          full ? Refuse(std::move(socket)) : ServeConnection(state_, std::move(socket), tls_.get()),
          asio::detached);
    }
  }

  /// Runs `work` on the event loop and waits for it.
  template <typename Work>
  void OnLoop(Work work) {
    std::mutex mutex;
    std::condition_variable done;
    bool ran = false;
    asio::post(state_->loop, [&] {
      work();
      const std::lock_guard lock(mutex);
      ran = true;
      done.notify_one();
    });
    std::unique_lock lock(mutex);
    done.wait(lock, [&] { return ran; });
  }

  bool WaitUntilClosed(int64_t milliseconds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    while (true) {
      bool closed = false;
      OnLoop([&] { closed = state_->open.empty(); });
      if (closed) return true;
      if (std::chrono::steady_clock::now() >= end) return false;
      std::this_thread::sleep_for(kPollPause);
    }
  }

  const std::shared_ptr<ServerState> state_;
  const std::unique_ptr<asio::ssl::context> tls_;
  tcp::acceptor acceptor_;
  const uint16_t port_;
  asio::executor_work_guard<asio::io_context::executor_type> keep_running_;
  std::thread thread_;
  std::mutex stop_mutex_;  ///< one Stop at a time
};

std::unique_ptr<HttpServer> HttpServer::Start(const Options& options,
                                              std::shared_ptr<Handler> handler) {
  return std::unique_ptr<HttpServer>(
      new HttpServer(std::make_unique<Impl>(options, std::move(handler))));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { Stop(); }
uint16_t HttpServer::port() const { return impl_->port(); }
bool HttpServer::tls() const { return impl_->tls(); }
void HttpServer::Stop() { impl_->Stop(); }

}  // namespace lakehouse::server::http
