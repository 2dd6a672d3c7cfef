#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/cancellation.h"
#include "base/error.h"

namespace lakehouse::server::http {

/// One request that has arrived in full.
struct Request {
  std::string id;                              ///< X-Request-Id when it is well formed, else new
  std::string method;                          ///< "GET", "POST", ...
  std::string path;                            ///< percent-decoded, begins with '/'
  std::map<std::string, std::string> query;    ///< decoded
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  std::string remote;              ///< "127.0.0.1:40312"
  CancellationToken cancellation;  ///< the client went away, or the server ends

  /// The header's value, or "".
  const std::string& header(const std::string& lower_case_name) const;
};

/// The pieces of an answer whose length is not known beforehand. Next is called by one worker
/// thread at a time; what it throws before the first piece becomes the answer, later it breaks the
/// connection, so that a broken answer never looks whole.
class BodyStream {
 public:
  enum class Step { kPiece, kWait, kEnd };
  virtual ~BodyStream() = default;
  /// Fills `piece` (kPiece), has nothing yet and wants to be asked again soon (kWait), or has
  /// ended.
  virtual Step Next(std::string& piece) = 0;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::map<std::string, std::string> headers;
  std::string body;
  std::unique_ptr<BodyStream> stream;  ///< instead of `body`
  std::string route;      ///< the route's template, "/v1/jobs/{id}": a label of metrics
  std::string principal;  ///< who asked, for the log
};

/// Answers requests. Both methods are called from any thread.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Runs on the event loop and must not block; nothing leaves it to Handle.
  virtual std::optional<Response> HandleAtOnce(const Request& request) = 0;
  /// Runs on a worker thread. What it throws is answered with ErrorResponse.
  virtual Response Handle(const Request& request) = 0;
};

/// The status that says `kind`.
int StatusOf(ErrorKind kind);
/// {"error": {code, kind, message, hint, retryable, request_id}}; `status` 0 takes that of the
/// kind.
Response ErrorResponse(const Error& error, const std::string& request_id, int status = 0);
/// The same object as one line of JSON.
std::string ErrorJson(const Error& error, const std::string& request_id);

/// "/a%20b?x=1&y" -> path and query. False when it is not a well-formed origin form, has a NUL, or
/// more than kMaxQueryParameters parameters.
bool ParseTarget(std::string_view target, std::string& path,
                 std::map<std::string, std::string>& query);
inline constexpr size_t kMaxQueryParameters = 64;

}  // namespace lakehouse::server::http
