#include "io/s3/s3_store.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "io/s3/s3_reader.h"
#include "io/s3/s3_writer.h"

namespace lakehouse::io::s3 {
namespace {

constexpr size_t kMaxKeyBytes = 1024;

[[noreturn]] void ThrowMissing(const std::string& name) {
  throw Error(ErrorKind::kNotFound, "LK-8001", name + " is not there");
}

/// What the headers of a HEAD or GET say.
ObjectInfo InfoOf(std::string path, const Reply& reply) {
  const auto header = [&](const char* name) {
    const auto found = reply.headers.find(name);
    return found == reply.headers.end() ? std::string() : found->second;
  };
  ObjectInfo info;
  info.path = std::move(path);
  info.etag = header("etag");
  info.modified_ms = std::max<int64_t>(0, http::ParseHttpDate(header("last-modified")));
  const std::string length = header("content-length");
  const char* const end = length.data() + length.size();
  if (std::from_chars(length.data(), end, info.size_bytes).ptr != end || length.empty()) {
    throw Error(ErrorKind::kCorruption, "LK-8014",
                "the answer about " + info.path + " has no Content-Length",
                "The server does not answer as S3 does.");
  }
  return info;
}

bool IsPath(const std::string& text) {
  try {
    ValidatePath(text);
    return true;
  } catch (const Error&) {
    return false;
  }
}

class S3Store : public ObjectStore {
 public:
  S3Store(BucketUri where, const StoreSettings& settings, const Hasher& hasher, Clock& clock,
          Random& random)
      : client_(std::make_shared<S3Client>(where.bucket, settings.client, hasher, clock, random)),
        prefix_(where.prefix.empty() ? "" : where.prefix + "/"),
        uri_("s3://" + JoinPath(where.bucket, where.prefix)),
        settings_(settings),
        random_(random) {}

  const std::string& uri() const override { return uri_; }

  std::string Read(std::string_view path) override {
    Call call;
    call.key = KeyOf(path);
    call.expected = {404};
    call.max_body_bytes = std::numeric_limits<size_t>::max();
    Reply reply = client_->Send(call);
    if (reply.status == 404) ThrowMissing(NameOf(path));
    return std::move(reply.body);
  }

  std::unique_ptr<ObjectReader> Open(std::string_view path) override {
    auto info = Head(path);
    if (!info) ThrowMissing(NameOf(path));
    return Reader(path, std::move(*info), {});
  }

  std::unique_ptr<ObjectReader> OpenImmutable(std::string_view path, int64_t size_bytes,
                                              const CancellationToken& token) override {
    return Reader(path, {std::string(path), size_bytes, 0, ""}, token);
  }

  void Write(std::string_view path, std::string_view bytes) override {
    Call call;
    call.method = "PUT";
    call.key = KeyOf(path);
    call.body = bytes;
    client_->Send(call);
  }

  PutResult WriteIfAbsent(std::string_view path, std::string_view bytes) override {
    Call call;
    call.method = "PUT";
    call.key = KeyOf(path);
    call.body = bytes;
    call.headers["if-none-match"] = "*";
    call.expected = {412};
    call.once = true;
    const Reply reply = client_->Send(call);
    if (reply.status != 412) return PutResult::kWritten;
    if (!reply.maybe_applied) return PutResult::kExists;
    throw Error(ErrorKind::kCommitStateUnknown, "LK-8006",
                NameOf(path) + " is there, but an earlier attempt of ours may have written it",
                "Look at what is there before writing again.");
  }

  std::unique_ptr<ObjectWriter> Create(std::string_view path) override {
    return std::make_unique<S3Writer>(client_, KeyOf(path), Uuid::V4(random_).ToString(),
                                      settings_.part_bytes);
  }

  std::vector<ObjectInfo> List(std::string_view directory, const ListOptions& options) override {
    ValidatePath(directory, true);
    Call call;
    const std::string below = directory.empty() ? "" : std::string(directory) + "/";
    call.query = {{"list-type", "2"}, {"encoding-type", "url"}, {"prefix", prefix_ + below}};
    if (!options.recursive) call.query["delimiter"] = "/";
    if (!options.start_after.empty()) call.query["start-after"] = prefix_ + options.start_after;
    std::vector<ObjectInfo> found;
    for (;;) {
      ListPage page = ParseListPage(client_->Send(call).body);
      for (ListedObject& object : page.objects) Keep(std::move(object), below, options, found);
      if (page.next_token.empty()) break;
      call.query["continuation-token"] = page.next_token;
    }
    std::sort(found.begin(), found.end(),
              [](const ObjectInfo& a, const ObjectInfo& b) { return a.path < b.path; });
    return found;
  }

  bool Delete(std::string_view path) override {
    // The answer to a delete does not say whether there was something.
    if (!Head(path)) return false;
    Call call;
    call.method = "DELETE";
    call.key = KeyOf(path);
    call.expected = {404};
    client_->Send(call);
    return true;
  }

  std::optional<ObjectInfo> Head(std::string_view path) override {
    Call call;
    call.method = "HEAD";
    call.key = KeyOf(path);
    call.expected = {404};
    const Reply reply = client_->Send(call);
    if (reply.status == 404) return std::nullopt;
    return InfoOf(std::string(path), reply);
  }

 private:
  std::string KeyOf(std::string_view path) const {
    ValidatePath(path);
    std::string key = prefix_ + std::string(path);
    if (key.size() > kMaxKeyBytes) {
      throw Error(ErrorKind::kInvalidArgument, "LK-8002",
                  NameOf(path).substr(0, 100) + "... has more than 1024 bytes",
                  "The key of an object, prefix included, has at most 1024 bytes.");
    }
    return key;
  }
  std::string NameOf(std::string_view path) const { return uri_ + "/" + std::string(path); }

  std::unique_ptr<ObjectReader> Reader(std::string_view path, ObjectInfo info,
                                       CancellationToken token) {
    return std::make_unique<S3Reader>(client_, KeyOf(path), std::move(info),
                                      settings_.read_ahead_bytes, std::move(token));
  }

  /// Keeps what a store can name: not the markers of folders, nor "a//b".
  void Keep(ListedObject object, const std::string& below, const ListOptions& options,
            std::vector<ObjectInfo>& found) const {
    if (!object.key.starts_with(prefix_ + below)) return;
    ObjectInfo info{object.key.substr(prefix_.size()), object.size_bytes, object.modified_ms,
                    std::move(object.etag)};
    const bool deeper = info.path.find('/', below.size()) != std::string::npos;
    if (!IsPath(info.path) || (deeper && !options.recursive)) return;
    if (info.path > options.start_after) found.push_back(std::move(info));
  }

  const std::shared_ptr<S3Client> client_;
  const std::string prefix_;  ///< "" or ends in '/'
  const std::string uri_;
  const StoreSettings settings_;
  Random& random_;
};

}  // namespace

BucketUri ParseBucketUri(const std::string& uri) {
  for (const std::string_view scheme : {"s3://", "s3a://", "s3n://"}) {
    if (!uri.starts_with(scheme)) continue;
    const std::string rest = uri.substr(scheme.size());
    const size_t slash = rest.find('/');
    BucketUri parts{rest.substr(0, slash),
                    slash == std::string::npos ? "" : rest.substr(slash + 1)};
    while (parts.prefix.ends_with('/')) parts.prefix.pop_back();
    ValidatePath(parts.prefix, true);
    return parts;
  }
  throw Error(ErrorKind::kInvalidArgument, "LK-8012", "'" + uri + "' is no place in a bucket",
              "It has the form s3://bucket/prefix.");
}

std::shared_ptr<ObjectStore> MakeS3Store(const std::string& uri, const StoreSettings& settings,
                                         const Hasher& hasher, Clock& clock, Random& random) {
  return std::make_shared<S3Store>(ParseBucketUri(uri), settings, hasher, clock, random);
}

}  // namespace lakehouse::io::s3
