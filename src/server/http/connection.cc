#include "server/http/connection.h"

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "base/logging.h"
#include "base/metrics.h"
#include "server/http/deadline.h"
#include "server/http/exchange.h"
#include "server/http/on_worker.h"
#include "server/http/peer_watch.h"

namespace lakehouse::server::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using Message = beast::http::request<beast::http::string_body>;

constexpr size_t kReadBytes = 8 * 1024;
constexpr int64_t kLingerMs = 1'000;
constexpr size_t kLingerBytes = 4 << 20;
constexpr auto kStreamWait = std::chrono::milliseconds(100);

std::string RemoteOf(const tcp::socket& socket) {
  ErrorCode failure;
  const auto endpoint = socket.remote_endpoint(failure);
  if (failure) return "unknown";
  return endpoint.address().to_string() + ":" + std::to_string(endpoint.port());
}

Gauge& OpenGauge() {
  static Gauge& gauge =
      Metrics::Instance().GetGauge("lakehouse_server_connections", "Open connections.");
  return gauge;
}

/// What a worker did for an answer: the answer, and the first step of its stream.
struct Work {
  Response response;
  BodyStream::Step step = BodyStream::Step::kEnd;
  std::string piece;
  std::optional<Error> failure;  ///< of a stream that had begun
};

/// One connection over `Stream` (a socket, or TLS over one).
template <typename Stream>
class Connection {
 public:
  Connection(ServerState& state, Stream& stream, tcp::socket& socket)
      : state_(state),
        stream_(stream),
        socket_(socket),
        deadline_(socket),
        buffer_(state.options.max_header_bytes + kReadBytes),
        remote_(RemoteOf(socket)) {
    open_.socket = &socket;
    state_.open.insert(&open_);
    OpenGauge().Add(1);
  }
  ~Connection() {
    state_.open.erase(&open_);
    OpenGauge().Add(-1);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  asio::awaitable<void> Run() {
    bool more = true;
    while (more && !state_.draining) {
      std::optional<Message> message = co_await Read();
      if (!message) break;
      more = co_await Exchange(std::move(*message));
    }
    co_await Linger();
  }

 private:
  auto Into(ErrorCode& failure) { return asio::redirect_error(asio::use_awaitable, failure); }

  /// The next request; nothing when the connection is to be closed (the reason has been answered).
  asio::awaitable<std::optional<Message>> Read() {
    ErrorCode failure;
    if (buffer_.size() == 0) {
      deadline_.Set(state_.options.idle_timeout_ms);
      const size_t got =
          co_await stream_.async_read_some(buffer_.prepare(kReadBytes), Into(failure));
      buffer_.commit(got);
      deadline_.Clear();
      if (failure) co_return std::nullopt;
    }
    open_.busy = true;
    beast::http::request_parser<beast::http::string_body> parser;
    parser.header_limit(state_.options.max_header_bytes);
    parser.body_limit(state_.options.max_body_bytes);
    deadline_.Set(state_.options.request_timeout_ms);
    co_await beast::http::async_read_header(stream_, buffer_, parser, Into(failure));
    if (!failure && beast::iequals(parser.get()[beast::http::field::expect], "100-continue")) {
      static const std::string kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await asio::async_write(stream_, asio::buffer(kContinue), Into(failure));
    }
    if (!failure) co_await beast::http::async_read(stream_, buffer_, parser, Into(failure));
    deadline_.Clear();
    if (!failure) co_return parser.release();
    std::optional<Response> told =
        ReadFailure(failure, deadline_.expired(), state_.options.max_header_bytes,
                    state_.options.max_body_bytes);
    if (told) {
      Record(Request{.remote = remote_}, *told, 0, told->body.size(), true);
      co_await WriteWhole(*told, 11, false, {}, false);
    }
    co_return std::nullopt;
  }

  /// Answers one request; false when the connection is to be closed.
  asio::awaitable<bool> Exchange(Message message) {
    const auto begin = std::chrono::steady_clock::now();
    const unsigned version = message.version();
    bool keep_alive = message.keep_alive();
    Work work;
    std::optional<Request> request;
    try {
      request = ToRequest(std::move(message), remote_);
    } catch (...) {
      work.response = ErrorResponse(CurrentError(), {});
      keep_alive = false;
    }
    if (!request) request.emplace();
    const bool head_only = request->method == "HEAD";
    if (head_only) request->method = "GET";
    open_.request = request->cancellation;
    if (!request->path.empty()) co_await Handle(*request, work);
    keep_alive = keep_alive && !state_.draining;
    sent_bytes_ = 0;
    bool complete = false;
    if (work.response.stream && !head_only) {
      complete = co_await WriteStream(*request, work, version, keep_alive);
      // To end a result may take a while: not on the event loop.
      auto drop = [&] { work.response.stream.reset(); };
      co_await OnWorker(state_.workers, drop);
    } else {
      complete = co_await WriteWhole(work.response, version, keep_alive, request->id, head_only);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    Record(*request, work.response, took.count(), sent_bytes_, complete);
    open_.busy = false;
    co_return complete&& keep_alive;
  }

  asio::awaitable<void> Handle(Request& request, Work& work) {
    if (std::optional<Response> quick = state_.handler->HandleAtOnce(request)) {
      work.response = std::move(*quick);
      co_return;
    }
    auto run = [&] {
      const LogScope scope("request_id", request.id);
      try {
        work.response = state_.handler->Handle(request);
        if (work.response.stream) work.step = work.response.stream->Next(work.piece);
      } catch (...) {
        Response failed = ErrorResponse(CurrentError(), request.id);
        failed.route = work.response.route;
        failed.principal = work.response.principal;
        work.response = std::move(failed);
      }
    };
    const PeerWatch watch(socket_, request.cancellation);
    co_await OnWorker(state_.workers, run);
  }

  asio::awaitable<bool> WriteWhole(Response& response, unsigned version, bool keep_alive,
                                   std::string request_id, bool head_only) {
    auto message = HeadOf<beast::http::string_body>(response, version, keep_alive, request_id);
    message.body() = std::move(response.body);
    message.prepare_payload();
    if (head_only) message.body().clear();  // the length stays
    sent_bytes_ = message.body().size();
    ErrorCode failure;
    deadline_.Set(state_.options.idle_timeout_ms);
    beast::http::response_serializer<beast::http::string_body> serializer(message);
    if (head_only) {
      co_await beast::http::async_write_header(stream_, serializer, Into(failure));
    } else {
      co_await beast::http::async_write(stream_, serializer, Into(failure));
    }
    deadline_.Clear();
    co_return !failure;
  }

  /// False when it broke: then the last chunk is missing and the connection closes.
  asio::awaitable<bool> WriteStream(Request& request, Work& work, unsigned version,
                                    bool& keep_alive) {
    const bool chunked = version >= 11;
    keep_alive = keep_alive && chunked;
    auto head = HeadOf<beast::http::empty_body>(work.response, version, keep_alive, request.id);
    head.chunked(chunked);
    beast::http::response_serializer<beast::http::empty_body> serializer(head);
    ErrorCode failure;
    deadline_.Set(state_.options.idle_timeout_ms);
    co_await beast::http::async_write_header(stream_, serializer, Into(failure));
    while (!failure && work.step != BodyStream::Step::kEnd) {
      co_await WritePiece(work, chunked, failure);
      if (failure) break;
      co_await NextPiece(request, work);
      if (work.failure) {
        LogWarn("an answer broke off", {{"code", work.failure->code()},
                                        {"message", work.failure->message()},
                                        {"request_id", request.id}});
        co_await WritePiece(work, chunked, failure);
        break;
      }
    }
    const bool whole = !failure && !work.failure;
    if (whole && chunked) {
      deadline_.Set(state_.options.idle_timeout_ms);
      co_await asio::async_write(stream_, beast::http::make_chunk_last(), Into(failure));
    }
    deadline_.Clear();
    co_return whole && !failure;
  }

  asio::awaitable<void> WritePiece(Work& work, bool chunked, ErrorCode& failure) {
    if (work.piece.empty()) co_return;
    sent_bytes_ += work.piece.size();
    deadline_.Set(state_.options.idle_timeout_ms);
    if (chunked) {
      co_await asio::async_write(stream_, beast::http::make_chunk(asio::buffer(work.piece)),
                                 Into(failure));
    } else {
      co_await asio::async_write(stream_, asio::buffer(work.piece), Into(failure));
    }
    deadline_.Clear();
  }

  /// Asks the stream; what it throws is in work.failure, with a last piece that says so if the
  /// stream's form has room for it.
  asio::awaitable<void> NextPiece(Request& request, Work& work) {
    const PeerWatch watch(socket_, request.cancellation);
    if (work.step == BodyStream::Step::kWait) {
      asio::steady_timer timer(socket_.get_executor(), kStreamWait);
      ErrorCode ignored;
      co_await timer.async_wait(Into(ignored));
    }
    auto run = [&] {
      const LogScope scope("request_id", request.id);
      work.piece.clear();
      try {
        work.step = work.response.stream->Next(work.piece);
      } catch (...) {
        work.failure = CurrentError();
        work.piece.clear();
        if (work.response.content_type == "application/x-ndjson") {
          work.piece = ErrorJson(*work.failure, request.id);
        }
      }
    };
    co_await OnWorker(state_.workers, run);
  }

  /// Ends so that the other side gets the last answer even while it still sends: says that nothing
  /// more comes, then reads what arrives for a moment. Closing at once would reset the connection.
  asio::awaitable<void> Linger() {
    ErrorCode failure;
    deadline_.Set(kLingerMs);
    if constexpr (!std::is_same_v<Stream, tcp::socket>) {
      co_await stream_.async_shutdown(Into(failure));
    }
    socket_.shutdown(tcp::socket::shutdown_send, failure);
    std::string sink(kReadBytes, '\0');
    for (size_t total = 0; !failure && total < kLingerBytes;) {
      total += co_await socket_.async_read_some(asio::buffer(sink), Into(failure));
    }
    deadline_.Clear();
  }

  ServerState& state_;
  Stream& stream_;
  tcp::socket& socket_;
  OpenConnection open_;
  Deadline deadline_;
  beast::flat_buffer buffer_;
  const std::string remote_;
  uint64_t sent_bytes_ = 0;
};

}  // namespace

asio::awaitable<void> ServeConnection(std::shared_ptr<ServerState> state, tcp::socket socket,
                                      asio::ssl::context* tls) {
  ErrorCode ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (tls == nullptr) {
    Connection<tcp::socket> connection(*state, socket, socket);
    co_await connection.Run();
    co_return;
  }
  asio::ssl::stream<tcp::socket> stream(std::move(socket), *tls);
  Connection<asio::ssl::stream<tcp::socket>> connection(*state, stream, stream.next_layer());
  {
    ErrorCode failure;
    Deadline deadline(stream.next_layer());
    deadline.Set(state->options.request_timeout_ms);
    co_await stream.async_handshake(asio::ssl::stream_base::server,
                                    asio::redirect_error(asio::use_awaitable, failure));
    if (failure) co_return;
  }
  co_await connection.Run();
}

}  // namespace lakehouse::server::http
