#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "io/hasher.h"
#include "io/s3/credentials.h"

namespace lakehouse::io::s3 {

/// What is signed. Names of headers are lower-case; all of them are part of the signature.
struct SignedParts {
  std::string method;
  std::string path;                          ///< encoded, begins with '/'
  std::map<std::string, std::string> query;  ///< not encoded
  std::map<std::string, std::string> headers;
  std::string payload_sha256;  ///< hex
};

/// Adds x-amz-date, x-amz-content-sha256, x-amz-security-token where there is one, and
/// authorization to `parts.headers` (AWS Signature Version 4, "Authenticating Requests:
/// Using the Authorization Header"). `parts.headers` must hold "host".
void Sign(SignedParts& parts, const Credentials& credentials, const std::string& region,
          int64_t now_ms, const Hasher& hasher);

/// "a=1&b=x%20y": sorted and encoded as the signature wants it and the URL shows it.
std::string QueryText(const std::map<std::string, std::string>& query);

}  // namespace lakehouse::io::s3
