#include "server/http/message.h"

#include <nlohmann/json.hpp>

namespace lakehouse::server::http {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// False for a broken escape or a NUL.
bool Decode(std::string_view text, bool plus_is_space, std::string& decoded) {
  decoded.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return false;
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return false;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0') return false;
    decoded += c;
  }
  return true;
}

}  // namespace

const std::string& Request::header(const std::string& lower_case_name) const {
  static const std::string kNone;
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? kNone : found->second;
}

int StatusOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kNotFound:
      return 404;
    case ErrorKind::kAlreadyExists:
    case ErrorKind::kCommitConflict:
      return 409;
    case ErrorKind::kInvalidArgument:
    case ErrorKind::kInvalidSchema:
      return 400;
    case ErrorKind::kPermissionDenied:
      return 403;
    case ErrorKind::kUnauthenticated:
      return 401;
    case ErrorKind::kUnsupported:
      return 501;
    case ErrorKind::kTimeout:
      return 504;
    case ErrorKind::kCancelled:
      return 499;
    case ErrorKind::kResourceExhausted:
      return 429;
    case ErrorKind::kUnavailable:
      return 503;
    default:
      return 500;
  }
}

std::string ErrorJson(const Error& error, const std::string& request_id) {
  const nlohmann::ordered_json body = {{"error",
                                        {{"code", error.code()},
                                         {"kind", ToString(error.kind())},
                                         {"message", error.message()},
                                         {"cause", error.cause()},
                                         {"hint", error.hint()},
                                         {"retryable", error.retryable()},
                                         {"request_id", request_id}}}};
  return body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Response ErrorResponse(const Error& error, const std::string& request_id, int status) {
  Response response;
  response.status = status != 0 ? status : StatusOf(error.kind());
  response.body = ErrorJson(error, request_id);
  if (response.status == 401) response.headers["WWW-Authenticate"] = "Bearer realm=\"lakehouse\"";
  if (response.status == 503 || response.status == 429) response.headers["Retry-After"] = "1";
  return response;
}

bool ParseTarget(std::string_view target, std::string& path,
                 std::map<std::string, std::string>& query) {
  if (target.empty() || target.front() != '/') return false;
  target = target.substr(0, target.find('#'));
  const size_t mark = target.find('?');
  if (!Decode(target.substr(0, mark), false, path)) return false;
  query.clear();
  if (mark == std::string_view::npos) return true;
  std::string_view rest = target.substr(mark + 1);
  while (!rest.empty()) {
    const size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (pair.empty()) continue;
    if (query.size() == kMaxQueryParameters) return false;
    const size_t equals = pair.find('=');
    std::string name;
    std::string value;
    if (!Decode(pair.substr(0, equals), true, name)) return false;
    if (equals != std::string_view::npos && !Decode(pair.substr(equals + 1), true, value)) {
      return false;
    }
    query[std::move(name)] = std::move(value);
  }
  return true;
}

}  // namespace lakehouse::server::http
