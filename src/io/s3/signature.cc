#include "io/s3/signature.h"

#include <ctime>

#include "io/http/http_client.h"

namespace lakehouse::io::s3 {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

/// "20130524T000000Z"
std::string StampOf(int64_t now_ms) {
  const time_t seconds = static_cast<time_t>(now_ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &utc);
  return text;
}

}  // namespace

std::string QueryText(const std::map<std::string, std::string>& query) {
  std::string text;
  for (const auto& [name, value] : query) {
    if (!text.empty()) text += '&';
    text += http::PercentEncode(name) + "=" + http::PercentEncode(value);
  }
  return text;
}

void Sign(SignedParts& parts, const Credentials& credentials, const std::string& region,
          int64_t now_ms, const Hasher& hasher) {
  const std::string stamp = StampOf(now_ms);
  const std::string day = stamp.substr(0, 8);
  parts.headers["x-amz-date"] = stamp;
  parts.headers["x-amz-content-sha256"] = parts.payload_sha256;
  if (!credentials.session_token.empty()) {
    parts.headers["x-amz-security-token"] = credentials.session_token;
  }
  std::string names, lines;
  for (const auto& [name, value] : parts.headers) {
    names += (names.empty() ? "" : ";") + name;
    lines += name + ":" + value + "\n";
  }
  const std::string request = parts.method + "\n" + parts.path + "\n" + QueryText(parts.query) +
                              "\n" + lines + "\n" + names + "\n" + parts.payload_sha256;
  const std::string scope = day + "/" + region + "/s3/aws4_request";
  const std::string text =
      std::string(kAlgorithm) + "\n" + stamp + "\n" + scope + "\n" + ToHex(hasher.Sha256(request));
  Digest256 key = hasher.HmacSha256("AWS4" + credentials.secret_access_key, day);
  for (const std::string_view part :
       {std::string_view(region), std::string_view("s3"), std::string_view("aws4_request")}) {
    key = hasher.HmacSha256(AsText(key), part);
  }
  parts.headers["authorization"] =
      std::string(kAlgorithm) + " Credential=" + credentials.access_key_id + "/" + scope +
      ",SignedHeaders=" + names + ",Signature=" + ToHex(hasher.HmacSha256(AsText(key), text));
}

}  // namespace lakehouse::io::s3
