#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "base/error.h"
#include "io/hasher.h"
#include "io/http/http_client.h"
#include "io/retry.h"
#include "io/s3/answers.h"
#include "io/s3/credentials.h"

namespace lakehouse {
class Clock;
class Random;
}  // namespace lakehouse

namespace lakehouse::io::s3 {

/// How buckets are named in a URL: https://host/bucket/key or https://bucket.host/key.
enum class Addressing { kAuto, kPath, kVirtual };

struct ClientSettings {
  std::string endpoint;  ///< "http://127.0.0.1:9000"; empty is Amazon's of the region
  std::string region;    ///< empty: of the environment or profile, then us-east-1
  Addressing addressing = Addressing::kAuto;  ///< auto: path with an own endpoint, else virtual
  bool allow_http = false;                    ///< plain HTTP to other machines than this one
  CredentialOptions credentials;
  http::ClientOptions http;
  RetryPolicy retry;
};

/// One request to a bucket.
struct Call {
  std::string method = "GET";
  std::string key;  ///< in the bucket; empty addresses the bucket itself
  std::map<std::string, std::string> query;
  std::map<std::string, std::string> headers;  ///< by lower-case name; signed
  std::string_view body;
  std::span<std::byte> into;
  size_t max_body_bytes = size_t{64} << 20;
  /// Statuses that are answers, not errors, beside 2xx.
  std::vector<int> expected;
  /// Carried out twice it would mean something else (a put-if-absent): after a lost reply it is
  /// not repeated, and CommitStateUnknown LK-8006 is thrown.
  bool once = false;
  CancellationToken token;
};

struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;
  std::string body;
  size_t received_bytes = 0;
  /// An earlier attempt of this call may have been carried out.
  bool maybe_applied = false;
};

/// Sends calls to one bucket: address, signature, attempts. Failures are typed errors that name
/// bucket and key: PermissionDenied LK-8003, IoError LK-8007, Unavailable LK-8011 (attempts used
/// up), Unauthenticated LK-8013, Corruption LK-8014, NotFound LK-8015 (no such bucket).
/// Thread-safe.
class S3Client {
 public:
  /// InvalidArgument LK-8012 for an endpoint or bucket name that cannot be. Hasher, clock
  /// and random must outlive it.
  S3Client(std::string bucket, ClientSettings settings, const Hasher& hasher, Clock& clock,
           Random& random);

  Reply Send(const Call& call);
  const std::string& bucket() const { return bucket_; }

 private:
  struct Trial;

  http::Request Address(const Call& call, const std::optional<Credentials>& credentials) const;
  http::Result Attempt(const Call& call, const std::optional<Credentials>& credentials);
  /// What to do with an answer that is not the wanted one: throws when no attempt can help.
  void Judge(const Call& call, const http::Result& result, Trial& trial);
  void JudgeAnswer(const Call& call, const http::Response& response, Trial& trial);
  void AdjustClock(const http::Response& response);
  std::string NameOf(const Call& call) const;
  [[noreturn]] void ThrowRefused(const Call& call, int status, const Refusal& refusal,
                                 const std::string& region) const;

  const std::string bucket_;
  const ClientSettings settings_;
  const Hasher& hasher_;
  Clock& clock_;
  Random& random_;
  CredentialSource credentials_;
  std::string region_;
  std::string base_url_;   ///< without '/' at the end
  std::string host_;       ///< as in the header
  std::string base_path_;  ///< encoded; "" or begins with '/'
  http::Client http_;
  std::atomic<int64_t> clock_offset_ms_{0};  ///< of the server's clock to ours
};

}  // namespace lakehouse::io::s3
