#pragma once

#include <boost/beast/http.hpp>
#include <optional>
#include <string>

#include "server/http/message.h"

namespace lakehouse::server::http {

/// Beast's request as ours; the id is that of the header or a new one. Throws InvalidArgument
/// LK-6009 for a target or a set of headers that HTTP/1.1 does not allow.
Request ToRequest(boost::beast::http::request<boost::beast::http::string_body> message,
                  std::string remote);

/// The answer to a request that could not be read; nothing when nobody is left to tell.
std::optional<Response> ReadFailure(const boost::system::error_code& failure, bool expired,
                                    uint64_t max_header_bytes, uint64_t max_body_bytes);

/// Head of an answer, without its length.
template <typename Body>
boost::beast::http::response<Body> HeadOf(const Response& response, unsigned version,
                                          bool keep_alive, const std::string& request_id) {
  namespace beast = boost::beast;
  beast::http::response<Body> head;
  head.version(version);
  head.result(static_cast<unsigned>(response.status));
  head.set(beast::http::field::content_type, response.content_type);
  head.set(beast::http::field::cache_control, "no-store");
  head.set("X-Content-Type-Options", "nosniff");
  if (!request_id.empty()) head.set("X-Request-Id", request_id);
  for (const auto& [name, value] : response.headers) head.set(name, value);
  head.keep_alive(keep_alive);
  return head;
}

/// Counts and logs one answered request.
void Record(const Request& request, const Response& response, double seconds, uint64_t sent_bytes,
            bool complete);

}  // namespace lakehouse::server::http
