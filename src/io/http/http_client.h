#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancellation.h"

namespace lakehouse::io::http {

struct Request {
  std::string method = "GET";
  std::string url;  ///< complete and encoded; sent as it is
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;                     ///< of a PUT or POST
  std::span<std::byte> into;                 ///< when not empty, the body of a 2xx answer goes here
  size_t max_body_bytes = size_t{64} << 20;  ///< of an answer that does not go to `into`
};

struct Response {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< by lower-case name
  std::string body;
  size_t received_bytes = 0;  ///< in `into`
  bool sent_twice = false;    ///< the connection was stale and the request went out again
};

/// What became of a request. A response with any status is kAnswered.
enum class Outcome {
  kAnswered,
  kNotSent,    ///< the server has not seen it: no connection, or its name does not resolve
  kUntrusted,  ///< not sent either: the server's certificate is not to be trusted
  kReplyLost,  ///< it may have been carried out; of an answer some may have arrived in `response`
  kTooLarge,   ///< the answer's body is larger than the caller wants
  kStopped,    ///< the caller's token was cancelled or its deadline passed
};

struct Result {
  Outcome outcome = Outcome::kAnswered;
  std::string reason;  ///< of everything but kAnswered; no secrets
  Response response;
};

struct ClientOptions {
  int max_connections = 32;  ///< open at a time; further requests wait
  int64_t connect_timeout_ms = 5000;
  int64_t stall_timeout_ms = 30000;  ///< a transfer without a byte for so long has failed
  std::string ca_file;               ///< PEM of trusted authorities; empty takes the system's
};

/// Thread-safe.
class Client {
 public:
  explicit Client(ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Blocks until the answer is there. Throws LK-0001 when libcurl itself cannot work.
  Result Send(const Request& request, const CancellationToken& token = {});

 private:
  struct Pool;
  const std::unique_ptr<Pool> pool_;
};

/// Whether `host`, with or without a port, is this machine: "localhost", an address of 127.0.0.0/8
/// or
/// "[::1]", and not a name that only begins so.
bool IsLoopbackHost(std::string_view host);

/// Percent-encodes all but A-Z a-z 0-9 - . _ ~ (RFC 3986, "unreserved") and, when asked to, '/'.
std::string PercentEncode(std::string_view text, bool keep_slash = false);
/// The reverse; "%" without two hex digits stays as it is.
std::string PercentDecode(std::string_view text);
/// "Wed, 21 Oct 2015 07:28:00 GMT" in Unix milliseconds, or -1.
int64_t ParseHttpDate(const std::string& text);

}  // namespace lakehouse::io::http
