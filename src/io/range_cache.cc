#include "io/range_cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/metrics.h"
#include "base/random.h"

namespace lakehouse::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "LKRC0001";
/// Magic, SHA-256 of (key, bytes).
constexpr size_t kHeaderBytes = 8 + 32;
/// Room is made down to this share of the limit, so that it is not made for every block.
constexpr double kKeptShare = 0.9;
/// A file in the making that is older was left by a process that died.
constexpr int64_t kAbandonedSeconds = 3600;
constexpr std::string_view kTemporary = "tmp-";

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

 private:
  const int descriptor_;
};

std::string ReadWhole(int file, size_t limit) {
  std::string bytes(limit, '\0');
  size_t size = 0;
  while (size < limit) {
    const ssize_t got = read(file, bytes.data() + size, limit - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<size_t>(got);
  }
  bytes.resize(size);
  return bytes;
}

bool WriteWhole(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = write(file, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return true;
}

Counter& Lookups(const char* result) {
  return Metrics::Instance().GetCounter("lakehouse_io_cache_lookups_total",
                                        "Blocks looked up in the local cache of ranges.",
                                        {{"result", result}});
}

}  // namespace

RangeCache::RangeCache(std::string directory, int64_t limit_bytes, const Hasher& hasher)
    : directory_(std::move(directory)), limit_bytes_(limit_bytes), hasher_(hasher) {
  std::error_code failure;
  fs::create_directories(directory_, failure);
  if (failure || access(directory_.c_str(), W_OK | X_OK) != 0) {
    throw Error(ErrorKind::kIoError, "LK-8007",
                "cannot keep a cache in " + directory_ + ": " +
                    (failure ? failure.message() : std::string(std::strerror(errno))),
                "Set storage.cache_directory to a directory that this user may write.");
  }
  MakeRoom();
}

std::string RangeCache::SealOf(const std::string& key, std::string_view bytes) const {
  const std::string inner = std::string(AsText(hasher_.Sha256(bytes))) + key;
  return std::string(AsText(hasher_.Sha256(inner)));
}

std::string RangeCache::FileOf(const std::string& name, int64_t object_bytes, int64_t index,
                               std::string& key) const {
  key = name + "\n" + std::to_string(object_bytes) + "\n" + std::to_string(index);
  const std::string hash = ToHex(hasher_.Sha256(key));
  return directory_ + "/" + hash.substr(0, 2) + "/" + hash.substr(2);
}

std::optional<std::string> RangeCache::Get(const std::string& name, int64_t object_bytes,
                                           int64_t index) {
  static Counter& hits = Lookups("hit");
  static Counter& misses = Lookups("miss");
  static Counter& damaged = Lookups("damaged");
  std::string key;
  const std::string path = FileOf(name, object_bytes, index, key);
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) {
    misses.Increment();
    return std::nullopt;
  }
  std::string bytes = ReadWhole(file.get(), kHeaderBytes + kBlockBytes + 1);
  const bool whole = bytes.size() > kHeaderBytes && bytes.starts_with(kMagic) &&
                     bytes.size() <= kHeaderBytes + kBlockBytes;
  const std::string_view payload =
      whole ? std::string_view(bytes).substr(kHeaderBytes) : std::string_view();
  if (!whole || bytes.substr(kMagic.size(), 32) != SealOf(key, payload)) {
    unlink(path.c_str());
    damaged.Increment();
    return std::nullopt;
  }
  // The time of the last use, by which room is made; the kernel's own would be a tick too coarse.
  timespec times[2] = {{0, UTIME_OMIT}, {}};
  clock_gettime(CLOCK_REALTIME, &times[1]);
  futimens(file.get(), times);
  hits.Increment();
  bytes.erase(0, kHeaderBytes);
  return bytes;
}

void RangeCache::Put(const std::string& name, int64_t object_bytes, int64_t index,
                     std::string_view bytes) {
  std::string key;
  const std::string path = FileOf(name, object_bytes, index, key);
  const std::string folder = path.substr(0, directory_.size() + 3);
  mkdir(folder.c_str(), 0700);
  const std::string temporary =
      folder + "/" + std::string(kTemporary) + Uuid::V4(SystemRandom()).ToString();
  bool written = false;
  {
    const File file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return;
    written = WriteWhole(file.get(), kMagic) && WriteWhole(file.get(), SealOf(key, bytes)) &&
              WriteWhole(file.get(), bytes);
  }
  if (!written || rename(temporary.c_str(), path.c_str()) != 0) {
    unlink(temporary.c_str());
    return;
  }
  used_bytes_ += static_cast<int64_t>(kHeaderBytes + bytes.size());
  if (used_bytes_ > limit_bytes_) MakeRoom();
}

void RangeCache::MakeRoom() {
  const File lock(open((directory_ + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  // Another thread or process is at it.
  if (!lock || flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return;
  struct Block {
    timespec used;
    int64_t bytes;
    std::string path;
  };
  std::vector<Block> blocks;
  int64_t total = 0;
  std::error_code failure;
  for (fs::recursive_directory_iterator at(directory_, failure), end; !failure && at != end;
       at.increment(failure)) {
    struct stat status{};
    const std::string path = at->path().string();
    if (lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || at.depth() == 0) continue;
    const bool temporary = at->path().filename().string().starts_with(kTemporary);
    if (temporary && status.st_mtim.tv_sec + kAbandonedSeconds > time(nullptr)) continue;
    blocks.push_back({temporary ? timespec{} : status.st_mtim, status.st_size, path});
    total += status.st_size;
  }
  std::sort(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) {
    return std::pair(a.used.tv_sec, a.used.tv_nsec) < std::pair(b.used.tv_sec, b.used.tv_nsec);
  });
  const auto kept = static_cast<int64_t>(static_cast<double>(limit_bytes_) * kKeptShare);
  for (size_t i = 0; i < blocks.size() && total > kept; ++i) {
    if (unlink(blocks[i].path.c_str()) == 0) total -= blocks[i].bytes;
  }
  used_bytes_ = total;
}

namespace {

class CachedReader : public ObjectReader {
 public:
  CachedReader(std::unique_ptr<ObjectReader> inner, std::shared_ptr<RangeCache> cache,
               std::string name)
      : inner_(std::move(inner)), cache_(std::move(cache)), name_(std::move(name)) {}

  const ObjectInfo& info() const override { return inner_->info(); }
  bool remote() const override { return inner_->remote(); }

  void ReadAt(int64_t offset, std::span<std::byte> out) const override {
    const auto size = static_cast<int64_t>(out.size());
    const int64_t object = info().size_bytes;
    // Reads past the end are the store's to refuse.
    if (size == 0 || offset < 0 || size > object - offset) return inner_->ReadAt(offset, out);
    const int64_t last = (offset + size - 1) / RangeCache::kBlockBytes;
    int64_t missing = -1;  // first block of the run that is to be fetched
    for (int64_t block = offset / RangeCache::kBlockBytes; block <= last; ++block) {
      const auto bytes = cache_->Get(name_, object, block);
      if (!bytes || static_cast<int64_t>(bytes->size()) != End(block) - Begin(block)) {
        if (missing < 0) missing = block;
        continue;
      }
      if (missing >= 0) Fetch(std::exchange(missing, -1), block - 1, offset, out);
      Copy(*bytes, Begin(block), offset, out);
    }
    if (missing >= 0) Fetch(missing, last, offset, out);
  }

 private:
  static int64_t Begin(int64_t block) { return block * RangeCache::kBlockBytes; }
  int64_t End(int64_t block) const { return std::min(Begin(block + 1), inner_->info().size_bytes); }

  /// The part of `bytes`, which begin at `begin`, that `out` at `offset` wants.
  static void Copy(std::string_view bytes, int64_t begin, int64_t offset,
                   std::span<std::byte> out) {
    const int64_t from = std::max(begin, offset);
    const int64_t to = std::min(begin + static_cast<int64_t>(bytes.size()),
                                offset + static_cast<int64_t>(out.size()));
    std::memcpy(out.data() + (from - offset), bytes.data() + (from - begin),
                static_cast<size_t>(to - from));
  }

  /// Reads the blocks at once, keeps each and copies what is wanted of them.
  void Fetch(int64_t first, int64_t last, int64_t offset, std::span<std::byte> out) const {
    std::string bytes(static_cast<size_t>(End(last) - Begin(first)), '\0');
    inner_->ReadAt(Begin(first), std::as_writable_bytes(std::span(bytes)));
    for (int64_t block = first; block <= last; ++block) {
      cache_->Put(name_, info().size_bytes, block,
                  std::string_view(bytes).substr(static_cast<size_t>(Begin(block) - Begin(first)),
                                                 static_cast<size_t>(End(block) - Begin(block))));
    }
    Copy(bytes, Begin(first), offset, out);
  }

  const std::unique_ptr<ObjectReader> inner_;
  const std::shared_ptr<RangeCache> cache_;
  const std::string name_;
};

class CachedStore : public ObjectStore {
 public:
  CachedStore(std::shared_ptr<ObjectStore> inner, std::shared_ptr<RangeCache> cache)
      : inner_(std::move(inner)), cache_(std::move(cache)) {}

  std::unique_ptr<ObjectReader> OpenImmutable(std::string_view path, int64_t size_bytes,
                                              const CancellationToken& token) override {
    return std::make_unique<CachedReader>(inner_->OpenImmutable(path, size_bytes, token), cache_,
                                          inner_->uri() + "/" + std::string(path));
  }
  std::string Read(std::string_view path) override { return inner_->Read(path); }
  std::unique_ptr<ObjectReader> Open(std::string_view path) override { return inner_->Open(path); }
  void Write(std::string_view path, std::string_view bytes) override { inner_->Write(path, bytes); }
  PutResult WriteIfAbsent(std::string_view path, std::string_view bytes) override {
    return inner_->WriteIfAbsent(path, bytes);
  }
  std::unique_ptr<ObjectWriter> Create(std::string_view path) override {
    return inner_->Create(path);
  }
  std::vector<ObjectInfo> List(std::string_view directory, const ListOptions& options) override {
    return inner_->List(directory, options);
  }
  bool Delete(std::string_view path) override { return inner_->Delete(path); }
  std::optional<ObjectInfo> Head(std::string_view path) override { return inner_->Head(path); }
  const std::string& uri() const override { return inner_->uri(); }

 private:
  const std::shared_ptr<ObjectStore> inner_;
  const std::shared_ptr<RangeCache> cache_;
};

}  // namespace

std::shared_ptr<ObjectStore> MakeCachedStore(std::shared_ptr<ObjectStore> inner,
                                             std::shared_ptr<RangeCache> cache) {
  return std::make_shared<CachedStore>(std::move(inner), std::move(cache));
}

}  // namespace lakehouse::io
