#include "io/s3/s3_client.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "io/s3/signature.h"

namespace lakehouse::io::s3 {
namespace {

constexpr char kDefaultRegion[] = "us-east-1";

[[noreturn]] void RefuseSetting(const std::string& message, const std::string& hint) {
  throw Error(ErrorKind::kInvalidArgument, "LK-8012", message, hint);
}

bool IsWord(std::string_view text, std::string_view more) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           more.find(c) != std::string_view::npos;
  });
}

/// The parts of an endpoint.
struct Endpoint {
  std::string scheme;  ///< "https://"
  std::string host;    ///< with the port where it is not the scheme's own
  std::string path;    ///< without '/' at the end
};

Endpoint ParseEndpoint(const std::string& text, bool allow_http) {
  Endpoint endpoint;
  const size_t scheme = text.find("://");
  const std::string form = "It has the form https://host or https://host:port.";
  if (scheme == std::string::npos) RefuseSetting("'" + text + "' is no endpoint", form);
  endpoint.scheme = text.substr(0, scheme + 3);
  const size_t slash = text.find('/', scheme + 3);
  endpoint.host = text.substr(scheme + 3, slash - scheme - 3);
  if (slash != std::string::npos) endpoint.path = text.substr(slash);
  while (!endpoint.path.empty() && endpoint.path.back() == '/') endpoint.path.pop_back();
  // A name or password in it would be shown in messages.
  if (!IsWord(endpoint.host, ".-:[]") || !(endpoint.path.empty() || IsWord(endpoint.path, "/-_.~")))
    RefuseSetting("the endpoint of the object store cannot be read", form);
  const bool plain = endpoint.scheme == "http://";
  if (!plain && endpoint.scheme != "https://") {
    RefuseSetting("'" + endpoint.scheme + "' is no scheme of an endpoint", form);
  }
  if (plain && !allow_http && !http::IsLoopbackHost(endpoint.host)) {
    RefuseSetting("the endpoint http://" + endpoint.host + " would carry requests unencrypted",
                  "Use https://, or set storage.s3_allow_http to true in a network you trust.");
  }
  const std::string own_port = plain ? ":80" : ":443";
  if (endpoint.host.ends_with(own_port)) {
    endpoint.host.resize(endpoint.host.size() - own_port.size());
  }
  return endpoint;
}

std::string AmazonEndpoint(const std::string& region) {
  return "https://s3." + region + ".amazonaws.com" + (region.starts_with("cn-") ? ".cn" : "");
}

std::optional<int64_t> RetryAfterMs(const http::Response& response, int64_t now_ms) {
  const auto found = response.headers.find("retry-after");
  if (found == response.headers.end()) return std::nullopt;
  int64_t seconds = 0;
  const char* const end = found->second.data() + found->second.size();
  if (std::from_chars(found->second.data(), end, seconds).ptr == end && seconds >= 0) {
    return std::min<int64_t>(seconds, 86400) * 1000;
  }
  const int64_t date_ms = http::ParseHttpDate(found->second);
  if (date_ms < 0) return std::nullopt;
  return std::max<int64_t>(0, date_ms - now_ms);
}

bool IsOneOf(const std::string& code, std::initializer_list<std::string_view> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

void CountRequest(const std::string& method, const std::string& result) {
  Metrics::Instance()
      .GetCounter("lakehouse_io_s3_requests_total", "Requests to S3, attempts counted each.",
                  {{"method", method}, {"result", result}})
      .Increment();
}

}  // namespace

/// What the attempts of one call have shown so far.
struct S3Client::Trial {
  std::optional<Credentials> credentials;
  std::string reason;  ///< of the last failure
  std::optional<int64_t> retry_after_ms;
  bool at_once = false;  ///< a new attempt needs no wait
  bool maybe_applied = false;
  bool renewed = false;
  bool clock_adjusted = false;
};

S3Client::S3Client(std::string bucket, ClientSettings settings, const Hasher& hasher, Clock& clock,
                   Random& random)
    : bucket_(std::move(bucket)),
      settings_(std::move(settings)),
      hasher_(hasher),
      clock_(clock),
      random_(random),
      credentials_(settings_.credentials),
      region_(settings_.region),
      http_(settings_.http) {
  if (bucket_.size() < 3 || bucket_.size() > 63 || !IsWord(bucket_, ".-_") ||
      bucket_.find("..") != std::string::npos) {
    RefuseSetting("'" + bucket_ + "' is no name of a bucket",
                  "A bucket has 3 to 63 letters, digits, '.' and '-'.");
  }
  if (region_.empty()) region_ = credentials_.Region();
  if (region_.empty()) region_ = kDefaultRegion;
  if (!IsWord(region_, "-_")) RefuseSetting("'" + region_ + "' is no region", "");
  const bool own = !settings_.endpoint.empty();
  const Endpoint endpoint =
      ParseEndpoint(own ? settings_.endpoint : AmazonEndpoint(region_), settings_.allow_http);
  Addressing addressing = settings_.addressing;
  if (addressing == Addressing::kAuto) {
    // A certificate for *.s3.amazonaws.com does not cover a bucket with a dot in its name.
    const bool dot = bucket_.find('.') != std::string::npos;
    addressing = own || dot ? Addressing::kPath : Addressing::kVirtual;
  }
  host_ = addressing == Addressing::kPath ? endpoint.host : bucket_ + "." + endpoint.host;
  base_url_ = endpoint.scheme + host_;
  base_path_ = endpoint.path + (addressing == Addressing::kPath ? "/" + bucket_ : "");
}

std::string S3Client::NameOf(const Call& call) const {
  return "s3://" + bucket_ + (call.key.empty() ? "" : "/" + call.key);
}

http::Request S3Client::Address(const Call& call,
                                const std::optional<Credentials>& credentials) const {
  SignedParts parts;
  parts.method = call.method;
  parts.path = base_path_ + "/" + http::PercentEncode(call.key, true);
  // "/bucket" and "/bucket/" are the same resource, but servers sign what they see.
  if (call.key.empty() && !base_path_.empty()) parts.path.pop_back();
  parts.query = call.query;
  parts.headers = call.headers;
  parts.headers["host"] = host_;
  http::Request request;
  if (credentials) {
    parts.payload_sha256 = ToHex(hasher_.Sha256(call.body));
    Sign(parts, *credentials, region_, clock_.NowMs() + clock_offset_ms_, hasher_);
  }
  request.method = call.method;
  request.url = base_url_ + parts.path;
  if (!call.query.empty()) request.url += "?" + QueryText(call.query);
  request.headers.assign(parts.headers.begin(), parts.headers.end());
  request.body = call.body;
  request.into = call.into;
  request.max_body_bytes = call.max_body_bytes;
  return request;
}

http::Result S3Client::Attempt(const Call& call, const std::optional<Credentials>& credentials) {
  http::Result result = http_.Send(Address(call, credentials), call.token);
  const bool answered = result.outcome == http::Outcome::kAnswered;
  CountRequest(call.method, answered ? std::to_string(result.response.status) : "failed");
  return result;
}

Reply S3Client::Send(const Call& call) {
  Attempts attempts(settings_.retry, clock_, random_);
  Trial trial;
  for (;;) {
    trial.credentials = credentials_.Current();
    http::Result result = Attempt(call, trial.credentials);
    http::Response& response = result.response;
    trial.maybe_applied = trial.maybe_applied || response.sent_twice;
    if (result.outcome == http::Outcome::kAnswered) {
      const bool success = response.status >= 200 && response.status < 300;
      const bool expected = std::find(call.expected.begin(), call.expected.end(),
                                      response.status) != call.expected.end();
      if (expected && ParseRefusal(response.body).code == "NoSuchBucket") {
        ThrowRefused(call, response.status, ParseRefusal(response.body), {});
      }
      if (success || expected) {
        return {response.status, std::move(response.headers), std::move(response.body),
                response.received_bytes, trial.maybe_applied};
      }
    }
    Judge(call, result, trial);
    if (std::exchange(trial.at_once, false)) continue;
    if (!attempts.Again(call.token, std::exchange(trial.retry_after_ms, std::nullopt))) {
      throw Error(ErrorKind::kUnavailable, "LK-8011",
                  call.method + " " + NameOf(call) + " failed " + std::to_string(attempts.count()) +
                      " times, last: " + trial.reason,
                  "The object store is overloaded or cannot be reached; repeat later. Limits: "
                  "storage.s3_max_attempts, storage.s3_deadline.");
    }
  }
}

void S3Client::Judge(const Call& call, const http::Result& result, Trial& trial) {
  trial.reason = result.reason;
  switch (result.outcome) {
    case http::Outcome::kAnswered:
      return JudgeAnswer(call, result.response, trial);
    case http::Outcome::kNotSent:
      return;
    case http::Outcome::kUntrusted:
      throw Error(ErrorKind::kUnavailable, "LK-8011",
                  "the certificate of " + base_url_ + " is not trusted: " + result.reason,
                  "Name the authority's certificate in storage.s3_ca_file.");
    case http::Outcome::kTooLarge:
      throw Error(ErrorKind::kCorruption, "LK-8014",
                  "the answer to " + call.method + " " + NameOf(call) + " is larger than it may be",
                  "The server does not answer as S3 does.");
    case http::Outcome::kStopped:
      if (!call.once) call.token.ThrowIfStopped();
      break;
    case http::Outcome::kReplyLost:
      break;
  }
  trial.maybe_applied = true;
  if (!call.once) return;
  throw Error(ErrorKind::kCommitStateUnknown, "LK-8006",
              "the reply to " + call.method + " " + NameOf(call) + " was lost: " + result.reason,
              "Look at what is there before writing again.");
}

void S3Client::JudgeAnswer(const Call& call, const http::Response& response, Trial& trial) {
  const Refusal refusal = ParseRefusal(response.body);
  const int status = response.status;
  trial.reason = "status " + std::to_string(status) +
                 (refusal.code.empty() ? "" : " " + refusal.code + ": " + refusal.message);
  trial.retry_after_ms = RetryAfterMs(response, clock_.NowMs());
  if (status == 429 || status == 503 || refusal.code == "SlowDown") {
    // Servers answer so before they do anything; a proxy between may not.
    trial.maybe_applied = true;
    return;
  }
  if (status == 500 || status == 502 || status == 504) {
    trial.maybe_applied = true;
    if (!call.once) return;
    throw Error(ErrorKind::kCommitStateUnknown, "LK-8006",
                "the server does not say whether " + call.method + " " + NameOf(call) +
                    " was carried out: " + trial.reason,
                "Look at what is there before writing again.");
  }
  if (status == 408 || refusal.code == "RequestTimeout") return;
  if (IsOneOf(refusal.code, {"ConditionalRequestConflict", "OperationAborted"})) return;
  if (refusal.code == "RequestTimeTooSkewed" && !std::exchange(trial.clock_adjusted, true)) {
    AdjustClock(response);
    trial.at_once = true;
    return;
  }
  const bool refused = status == 401 || status == 403 || refusal.code == "ExpiredToken";
  if (refused && trial.credentials && !std::exchange(trial.renewed, true) &&
      credentials_.Renew(*trial.credentials)) {
    trial.at_once = true;
    return;
  }
  const auto region = response.headers.find("x-amz-bucket-region");
  ThrowRefused(call, status, refusal,
               region == response.headers.end() ? refusal.region : region->second);
}

void S3Client::AdjustClock(const http::Response& response) {
  const auto date = response.headers.find("date");
  if (date == response.headers.end()) return;
  const int64_t server_ms = http::ParseHttpDate(date->second);
  if (server_ms >= 0) clock_offset_ms_ = server_ms - clock_.NowMs();
}

void S3Client::ThrowRefused(const Call& call, int status, const Refusal& refusal,
                            const std::string& region) const {
  const std::string code = refusal.code.empty() ? std::to_string(status) : refusal.code;
  const std::string message = call.method + " " + NameOf(call) + " was refused: " + code +
                              (refusal.message.empty() ? "" : " (" + refusal.message + ")");
  const bool elsewhere =
      status == 301 || status == 307 || refusal.code == "AuthorizationHeaderMalformed";
  if (elsewhere && !region.empty() && region != region_) {
    RefuseSetting("the bucket " + bucket_ + " is in region " + region + ", not in " + region_,
                  "Set storage.s3_region to " + region + ".");
  }
  if (refusal.code == "NoSuchBucket") {
    throw Error(ErrorKind::kNotFound, "LK-8015", "there is no bucket " + bucket_ + " at " + host_,
                "Create the bucket, or correct its name or storage.s3_endpoint.");
  }
  if (status == 401 ||
      IsOneOf(refusal.code, {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken",
                             "InvalidToken", "TokenRefreshRequired", "RequestTimeTooSkewed"})) {
    throw Error(ErrorKind::kUnauthenticated, "LK-8013", message,
                "Check the credentials, their expiry and this machine's clock.");
  }
  if (status == 403) {
    throw Error(ErrorKind::kPermissionDenied, "LK-8003", message,
                "The credentials need s3:GetObject, s3:PutObject, s3:DeleteObject and, for the "
                "bucket, s3:ListBucket.");
  }
  if (status == 404) throw Error(ErrorKind::kNotFound, "LK-8001", NameOf(call) + " is not there");
  if (status == 507 || refusal.code == "QuotaExceeded") {
    throw Error(ErrorKind::kResourceExhausted, "LK-8004", message,
                "Free space in the object store, then repeat.");
  }
  throw Error(ErrorKind::kIoError, "LK-8007", message);
}

}  // namespace lakehouse::io::s3
