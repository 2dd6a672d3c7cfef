#include "app/open_stores.h"

#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "io/range_cache.h"
#include "io/s3/s3_store.h"
#include "security/digest.h"

namespace lakehouse::app {
namespace {

namespace fs = std::filesystem;

bool IsUri(const std::string& root) { return root.find("://") != std::string::npos; }

std::string TextOr(const Config& config, const std::string& key, const std::string& otherwise) {
  return config.IsSet(key) ? config.GetString(key) : otherwise;
}

io::s3::CredentialOptions CredentialsOf(const Config& config) {
  io::s3::CredentialOptions options;
  options.anonymous = config.GetBoolean("storage.s3_anonymous");
  options.profile = TextOr(config, "storage.s3_profile", "");
  options.variables = Config::ProcessVariables();
  io::s3::Credentials given;
  given.access_key_id = TextOr(config, "storage.s3_access_key_id", "");
  given.secret_access_key = TextOr(config, "storage.s3_secret_access_key", "");
  given.session_token = TextOr(config, "storage.s3_session_token", "");
  if (given.access_key_id.empty() != given.secret_access_key.empty()) {
    throw Error(ErrorKind::kInvalidArgument, "LK-8012",
                "of storage.s3_access_key_id and storage.s3_secret_access_key only one is set",
                "Set both, or none to take those of the environment or a profile.");
  }
  if (!given.access_key_id.empty()) options.given = std::move(given);
  return options;
}

io::s3::StoreSettings S3SettingsOf(const Config& config) {
  io::s3::StoreSettings settings;
  io::s3::ClientSettings& client = settings.client;
  client.endpoint = TextOr(config, "storage.s3_endpoint", "");
  client.region = TextOr(config, "storage.s3_region", "");
  const std::string addressing = config.GetString("storage.s3_addressing");
  if (addressing == "path") client.addressing = io::s3::Addressing::kPath;
  if (addressing == "virtual") client.addressing = io::s3::Addressing::kVirtual;
  client.allow_http = config.GetBoolean("storage.s3_allow_http");
  client.credentials = CredentialsOf(config);
  client.http.max_connections = static_cast<int>(config.GetInteger("storage.s3_max_connections"));
  client.http.connect_timeout_ms = config.GetDurationMs("storage.s3_connect_timeout");
  client.http.stall_timeout_ms = config.GetDurationMs("storage.s3_stall_timeout");
  client.http.ca_file = TextOr(config, "storage.s3_ca_file", "");
  client.retry.max_attempts = static_cast<int>(config.GetInteger("storage.s3_max_attempts"));
  client.retry.deadline_ms = config.GetDurationMs("storage.s3_deadline");
  settings.part_bytes = config.GetBytes("storage.s3_part_size");
  settings.read_ahead_bytes = config.GetBytes("storage.s3_read_ahead");
  return settings;
}

/// Opens roots; the cache is one for all buckets and made for the first.
class Opener {
 public:
  Opener(const Config& config, const fs::path& state)
      : config_(config), cache_bytes_(config.GetBytes("storage.cache_size")) {
    const fs::path directory = config.GetString("storage.cache_directory");
    cache_directory_ = directory.is_absolute() ? directory : state / directory;
  }

  std::shared_ptr<io::ObjectStore> operator()(const std::string& root) {
    if (!IsUri(root)) return io::MakeLocalStore(root);
    auto store = io::s3::MakeS3Store(root, S3SettingsOf(config_), security::OpenSslHasher(),
                                     SystemClock(), SystemRandom());
    if (cache_bytes_ == 0) return store;
    if (!cache_) {
      cache_ = std::make_shared<io::RangeCache>(cache_directory_.string(), cache_bytes_,
                                                security::OpenSslHasher());
    }
    return io::MakeCachedStore(std::move(store), cache_);
  }

 private:
  const Config config_;
  const int64_t cache_bytes_;
  fs::path cache_directory_;
  std::shared_ptr<io::RangeCache> cache_;
};

}  // namespace

bool IsBucket(const Config& config) { return IsUri(config.GetString("storage.data_root")); }

fs::path StateDirectory(const Config& config) {
  const fs::path named = config.GetString("storage.state_directory");
  const fs::path root = config.GetString("storage.data_root");
  return fs::absolute(IsBucket(config) ? named : root / named).lexically_normal();
}

fs::path OpenStateDirectory(const Config& config) {
  const fs::path folder = StateDirectory(config);
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) {
    throw Error(ErrorKind::kIoError, "LK-8007",
                "cannot create " + folder.string() + ": " + failure.message(),
                "Set storage.data_root or storage.state_directory to a directory that this user "
                "may write.");
  }
  return folder;
}

std::shared_ptr<io::Stores> OpenStores(const Config& config, const fs::path& state) {
  // Shared: the cache is made at most once, and Stores opens roots one at a time.
  const auto opener = std::make_shared<Opener>(config, state);
  const io::StoreOpener open = [opener](const std::string& root) { return (*opener)(root); };
  std::string root = config.GetString("storage.data_root");
  if (!IsUri(root)) root = fs::absolute(root).string();
  return std::make_shared<io::Stores>(io::MakeMeteredStore(open(root), "data"),
                                      config.GetList("storage.allowed_locations"), open);
}

}  // namespace lakehouse::app
