#include "server/http/exchange.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/clock.h"
#include "base/ids.h"
#include "base/logging.h"
#include "base/metrics.h"
#include "base/random.h"
#include "server/http/parse.h"

namespace lakehouse::server::http {
namespace {

namespace beast = boost::beast;

constexpr size_t kMaxRequestIdBytes = 64;

bool IsRequestId(std::string_view text) {
  return !text.empty() && text.size() <= kMaxRequestIdBytes &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return lower;
}

Error Malformed(const std::string& why) {
  return Error(ErrorKind::kInvalidArgument, "LK-6009", "this is not a well-formed request: " + why,
               "Send HTTP/1.1 as RFC 9112 has it.");
}

}  // namespace

Request ToRequest(beast::http::request<beast::http::string_body> message, std::string remote) {
  Request request;
  request.remote = std::move(remote);
  request.method = std::string(message.method_string());
  for (const auto& field : message) {
    std::string& value = request.headers[Lower(
        std::string_view(field.name_string().data(), field.name_string().size()))];
    if (!value.empty()) value += ", ";
    value.append(field.value().data(), field.value().size());
  }
  const std::string& given = request.header("x-request-id");
  request.id = IsRequestId(given) ? given : Uuid::V7(SystemClock(), SystemRandom()).ToString();
  const std::string_view target(message.target().data(), message.target().size());
  if (!ParseTarget(target, request.path, request.query)) {
    throw Malformed("its target is not a path with at most " + std::to_string(kMaxQueryParameters) +
                    " parameters");
  }
  if (message.version() >= 11 && message.count(beast::http::field::host) != 1) {
    throw Malformed("it needs one Host header");
  }
  request.body = std::move(message.body());
  return request;
}

std::optional<Response> ReadFailure(const boost::system::error_code& failure, bool expired,
                                    uint64_t max_header_bytes, uint64_t max_body_bytes) {
  if (expired) {
    return ErrorResponse(Error(ErrorKind::kTimeout, "LK-6005", "the request did not arrive in time",
                               "The time is server.request_timeout."),
                         {}, 408);
  }
  if (failure == beast::http::error::header_limit) {
    return ErrorResponse(
        Error(ErrorKind::kResourceExhausted, "LK-6004",
              "the request's header has more than " + std::to_string(max_header_bytes) + " bytes",
              "The limit is server.max_header_size."),
        {}, 431);
  }
  if (failure == beast::http::error::body_limit) {
    return ErrorResponse(
        Error(ErrorKind::kResourceExhausted, "LK-6004",
              "the request's body has more than " + std::to_string(max_body_bytes) + " bytes",
              "The limit is server.max_body_size. Load large data as an ingestion job."),
        {}, 413);
  }
  if (failure == beast::http::error::end_of_stream ||
      failure == beast::http::error::partial_message ||
      failure.category() !=
          beast::http::make_error_code(beast::http::error::bad_method).category()) {
    return std::nullopt;
  }
  return ErrorResponse(Malformed(failure.message()), {});
}

std::optional<Request> ParseRequest(std::string_view bytes, uint32_t max_header_bytes,
                                    uint64_t max_body_bytes) {
  beast::http::request_parser<beast::http::string_body> parser;
  parser.header_limit(max_header_bytes);
  parser.body_limit(max_body_bytes);
  parser.eager(true);
  boost::system::error_code failure;
  while (!bytes.empty() && !parser.is_done()) {
    const size_t used = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), failure);
    if (failure) break;
    bytes.remove_prefix(used);
    if (used == 0) break;
  }
  if (failure && failure != beast::http::error::need_more) {
    if (failure == beast::http::error::header_limit || failure == beast::http::error::body_limit) {
      throw Error(ErrorKind::kResourceExhausted, "LK-6004", failure.message());
    }
    throw Malformed(failure.message());
  }
  if (!parser.is_done()) return std::nullopt;
  return ToRequest(parser.release(), "fuzz");
}

void Record(const Request& request, const Response& response, double seconds, uint64_t sent_bytes,
            bool complete) {
  const std::string route = response.route.empty() ? "other" : response.route;
  Metrics& metrics = Metrics::Instance();
  metrics
      .GetCounter("lakehouse_server_requests_total", "Requests answered.",
                  {{"route", route}, {"status", std::to_string(response.status)}})
      .Increment();
  metrics
      .GetHistogram("lakehouse_server_request_seconds", "Time from a request to its answer's end.",
                    {{"route", route}})
      .Observe(seconds);
  if (route == "/livez" || route == "/readyz" || route == "/metrics") return;
  Log(complete && response.status != 500 ? LogLevel::kInfo : LogLevel::kWarn,
      complete ? "request" : "request broken off",
      {{"method", request.method},
       {"route", route},
       {"status", std::to_string(response.status)},
       {"principal", response.principal},
       {"remote", request.remote},
       {"milliseconds", std::to_string(static_cast<int64_t>(seconds * 1000))},
       {"bytes", std::to_string(sent_bytes)},
       {"request_id", request.id}});
}

}  // namespace lakehouse::server::http
