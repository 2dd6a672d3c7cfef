#include "io/local_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"

namespace lakehouse::io {
namespace {

namespace fs = std::filesystem;

/// Directories remembered as durable, or as swept; the memory starts anew beyond it.
constexpr size_t kMaxKnownDirectories = 65536;

/// A file in the making that nobody has written to for so long is of a writer that died.
constexpr int64_t kStaleSeconds = 24 * 3600;

[[noreturn]] void ThrowErrno(int code, const std::string& doing, std::string_view path) {
  const std::string message = "cannot " + doing + " " + std::string(path) + ": " + strerror(code);
  switch (code) {
    case ENOENT:
    case ENOTDIR:
      throw Error(ErrorKind::kNotFound, "LK-8001", message);
    case EACCES:
    case EPERM:
    case EROFS:
      throw Error(ErrorKind::kPermissionDenied, "LK-8003", message,
                  "Check the owner and mode of the directory.");
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      throw Error(ErrorKind::kResourceExhausted, "LK-8004", message,
                  "Free disk space, then repeat.");
    case ENAMETOOLONG:
      throw Error(ErrorKind::kInvalidArgument, "LK-8002", message,
                  "A part of a path has at most 255 bytes.");
    case ELOOP:
      throw Error(ErrorKind::kInvalidArgument, "LK-8002", message,
                  "Symbolic links inside a store are not followed.");
    default:
      throw Error(ErrorKind::kIoError, "LK-8007", message);
  }
}

void Check(int result, const std::string& doing, std::string_view path) {
  if (result < 0) ThrowErrno(-result, doing, path);
}

/// What has a visible effect that a power loss may undo is neither success nor failure.
[[noreturn]] void ThrowUnknown(int code, const std::string& doing, std::string_view path) {
  throw Error(ErrorKind::kCommitStateUnknown, "LK-8006",
              "cannot " + doing + " " + std::string(path) + ": " + strerror(code),
              "Look at what is there before writing again.");
}

/// Opens for reading what lies at `path` below `root`, without a link on the way and without
/// waiting for a pipe's other end. The kernel checks each part, so that no later change of a
/// directory counts.
int OpenBelow(const fs::path& root, const std::string& path, int flags) {
  const int base = open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (base < 0) return -errno;
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const std::string name = path.empty() ? "." : path;
  long file = syscall(SYS_openat2, base, name.c_str(), &how, sizeof(how));
  // Kernels before 5.6 and some sandboxes lack the call; the caller has checked for links already.
  if (file < 0 && (errno == ENOSYS || errno == EPERM)) {
    file = openat(base, name.c_str(), static_cast<int>(how.flags));
  }
  const int code = file < 0 ? -errno : static_cast<int>(file);
  close(base);
  return code;
}

ObjectInfo InfoOf(std::string_view path, const struct stat& status) {
  ObjectInfo info;
  info.path = path;
  info.size_bytes = status.st_size;
  info.modified_ms = status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1'000'000;
  info.etag = std::to_string(status.st_ino) + "-" + std::to_string(status.st_size) + "-" +
              std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec);
  return info;
}

class LocalReader : public ObjectReader {
 public:
  LocalReader(int file, ObjectInfo info) : file_(file), info_(std::move(info)) {}
  ~LocalReader() override { close(file_); }
  LocalReader(const LocalReader&) = delete;
  LocalReader& operator=(const LocalReader&) = delete;

  const ObjectInfo& info() const override { return info_; }
  void ReadAt(int64_t offset, std::span<std::byte> out) const override {
    while (!out.empty()) {
      const ssize_t got = pread(file_, out.data(), out.size(), offset);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) ThrowErrno(errno, "read", info_.path);
      if (got == 0) {
        throw Error(ErrorKind::kCorruption, "LK-8005",
                    info_.path + " ends at byte " + std::to_string(offset) + ", " +
                        std::to_string(out.size()) + " bytes too early");
      }
      out = out.subspan(static_cast<size_t>(got));
      offset += got;
    }
  }

 private:
  const int file_;
  const ObjectInfo info_;
};

/// A temporary file beside its final name; removed unless it was given the name.
class TemporaryFile {
 public:
  TemporaryFile(FileSystem& files, const fs::path& directory)
      : files_(files),
        path_((directory / (std::string(kTemporaryPrefix) + Uuid::V4(SystemRandom()).ToString()))
                  .string()),
        file_(files.CreateNew(path_)) {
    Check(file_, "create a file in", directory.string());
  }
  ~TemporaryFile() {
    if (file_ >= 0) files_.Close(file_);
    if (!kept_) files_.Unlink(path_);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void Append(std::span<const std::byte> bytes) {
    Check(files_.Write(file_, bytes), "write", path_);
  }
  void Seal() {
    Check(files_.Sync(file_), "sync", path_);
    Check(files_.Close(std::exchange(file_, -1)), "close", path_);
  }
  void Kept() { kept_ = true; }
  const std::string& path() const { return path_; }

 private:
  FileSystem& files_;
  const std::string path_;
  int file_;
  bool kept_ = false;
};

class LocalStore;

class LocalWriter : public ObjectWriter {
 public:
  LocalWriter(LocalStore& store, std::string path);
  void Append(std::span<const std::byte> bytes) override {
    file_.Append(bytes);
    written_ += static_cast<int64_t>(bytes.size());
  }
  void Finish() override;
  int64_t bytes_written() const override { return written_; }

 private:
  LocalStore& store_;
  const std::string path_;
  TemporaryFile file_;
  int64_t written_ = 0;
};

class LocalStore : public ObjectStore {
 public:
  LocalStore(fs::path root, FileSystem& files)
      : root_(std::move(root)), uri_("file://" + root_.string()), files_(files) {}

  const std::string& uri() const override { return uri_; }
  FileSystem& files() { return files_; }

  std::string Read(std::string_view path) override {
    const auto reader = Open(path);
    const auto size = static_cast<size_t>(reader->info().size_bytes);
    std::string bytes;
    // Parsers of JSON want some bytes behind the text: these need no other memory then.
    constexpr size_t kRoomBehind = 64;
    bytes.reserve(size + kRoomBehind);
    bytes.resize(size);
    reader->ReadAt(0, std::as_writable_bytes(std::span(bytes)));
    return bytes;
  }

  std::unique_ptr<ObjectReader> Open(std::string_view path) override {
    Resolve(path);
    const int file = OpenBelow(root_, std::string(path), 0);
    if (file < 0) ThrowErrno(-file, "open", path);
    struct stat status{};
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
      close(file);
      ThrowErrno(ENOENT, "open", path);
    }
    return std::make_unique<LocalReader>(file, InfoOf(path, status));
  }

  void Write(std::string_view path, std::string_view bytes) override {
    const fs::path full = Prepare(path);
    TemporaryFile file(files_, full.parent_path());
    Sweep(full.parent_path(), file.path());
    file.Append(std::as_bytes(std::span(bytes)));
    file.Seal();
    const int code = files_.Rename(file.path(), full.string());
    if (code == -EIO) ThrowUnknown(EIO, "replace", path);
    Check(code, "replace", path);
    file.Kept();
    SyncParent(full, path);
  }

  PutResult WriteIfAbsent(std::string_view path, std::string_view bytes) override {
    const fs::path full = Prepare(path);
    TemporaryFile file(files_, full.parent_path());
    Sweep(full.parent_path(), file.path());
    file.Append(std::as_bytes(std::span(bytes)));
    file.Seal();
    return Publish(file, full, path) ? PutResult::kWritten : PutResult::kExists;
  }

  std::unique_ptr<ObjectWriter> Create(std::string_view path) override {
    return std::make_unique<LocalWriter>(*this, std::string(path));
  }

  std::vector<ObjectInfo> List(std::string_view directory, const ListOptions& options) override {
    ValidatePath(directory, true);
    if (!directory.empty()) RefuseLinks(directory);
    std::vector<ObjectInfo> found;
    Collect(std::string(directory), options, found);
    std::sort(found.begin(), found.end(),
              [](const ObjectInfo& a, const ObjectInfo& b) { return a.path < b.path; });
    return found;
  }

  bool Delete(std::string_view path) override {
    const std::string full = Resolve(path);
    const int code = files_.Unlink(full);
    if (code == -ENOENT || code == -ENOTDIR) return false;
    if (code == -EISDIR) return false;
    Check(code, "delete", path);
    SyncParent(full, path);
    return true;
  }

  std::optional<ObjectInfo> Head(std::string_view path) override {
    const std::string full = Resolve(path);
    struct stat status{};
    if (lstat(full.c_str(), &status) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
      ThrowErrno(errno, "look at", path);
    }
    if (!S_ISREG(status.st_mode)) return std::nullopt;
    return InfoOf(path, status);
  }

  /// The full path of `path`, with its directories made (durably) and no symbolic link on the way.
  fs::path Prepare(std::string_view path) {
    const fs::path full = Resolve(path);
    MakeDirectories(full.parent_path(), root_);
    return full;
  }

  /// Gives the sealed `file` its name; false when the name is taken.
  bool Publish(TemporaryFile& file, const fs::path& full, std::string_view path) {
    const int code = files_.RenameNoReplace(file.path(), full.string());
    if (code == -EEXIST) return false;
    if (code == -EIO) ThrowUnknown(EIO, "name", path);
    Check(code, "create", path);
    file.Kept();
    SyncParent(full, path);
    return true;
  }

  /// Removes the temporary files that dead writers left in `directory`; once in a store's life.
  /// `own` was made just now: its time is what the file system takes for now.
  void Sweep(const fs::path& directory, const std::string& own) {
    {
      const std::lock_guard lock(mutex_);
      if (swept_.size() >= kMaxKnownDirectories) swept_.clear();
      if (!swept_.insert(directory.string()).second) return;
    }
    struct stat status{};
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(opendir(directory.c_str()), closedir);
    if (!stream || stat(own.c_str(), &status) != 0) return;
    const time_t now = status.st_mtim.tv_sec;
    while (const dirent* entry = readdir(stream.get())) {
      if (!std::string_view(entry->d_name).starts_with(kTemporaryPrefix)) continue;
      const int found = fstatat(dirfd(stream.get()), entry->d_name, &status, AT_SYMLINK_NOFOLLOW);
      if (found == 0 && now - status.st_mtim.tv_sec > kStaleSeconds) {
        files_.Unlink((directory / entry->d_name).string());
      }
    }
  }

  /// Makes the root and its parents, durably.
  void MakeRoot() {
    MakeDirectories(root_.parent_path(), root_.root_path());
    if (const int code = files_.MakeDirectory(root_.string()); code != -EEXIST) {
      Check(code, "create the store's root", root_.string());
    }
    if (!fs::is_directory(root_)) ThrowErrno(ENOTDIR, "open the store's root", root_.string());
    // The parent of a root that others made may be closed to us or read-only: they answer for its
    // name then.
    const int sync = files_.SyncDirectory(root_.parent_path().string());
    if (sync != -EACCES && sync != -EPERM && sync != -EROFS) {
      Check(sync, "sync the parent of", root_.string());
    }
  }

 private:
  /// The full path. Refuses a symbolic link in any directory between the root and the object.
  std::string Resolve(std::string_view path) const {
    ValidatePath(path);
    const size_t slash = path.rfind('/');
    const std::string_view name = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
    if (name.substr(0, kTemporaryPrefix.size()) == kTemporaryPrefix) {
      throw Error(ErrorKind::kInvalidArgument, "LK-8002",
                  std::string(path) + " has a name that is kept for files in the making");
    }
    if (slash != std::string_view::npos) RefuseLinks(path.substr(0, slash));
    return (root_ / path).string();
  }

  /// Refuses a symbolic link in any part of `directory`, the last one included.
  void RefuseLinks(std::string_view directory) const {
    for (size_t end = directory.find('/');; end = directory.find('/', end + 1)) {
      const fs::path full = root_ / directory.substr(0, end);
      struct stat status{};
      if (lstat(full.c_str(), &status) == 0 && S_ISLNK(status.st_mode)) {
        ThrowErrno(ELOOP, "follow a link in", directory);
      }
      if (end == std::string_view::npos) return;
    }
  }

  void SyncParent(const fs::path& full, std::string_view path) {
    const int code = files_.SyncDirectory(full.parent_path().string());
    if (code < 0) ThrowUnknown(-code, "sync the directory of", path);
  }

  /// Makes `directory` below `base` with its parents. A directory that is there may have been made
  /// by someone who did not live to sync its parent, so this store syncs the parent of each once
  /// itself: else an acknowledged object could vanish together with its directory.
  void MakeDirectories(const fs::path& directory, const fs::path& base) {
    if (directory == base || directory == directory.parent_path()) return;
    struct stat status{};
    const bool there = stat(directory.c_str(), &status) == 0;
    if (there && (base != root_ || IsKnown(directory.string(), status.st_ino))) return;
    MakeDirectories(directory.parent_path(), base);
    if (!there) {
      const int code = files_.MakeDirectory(directory.string());
      if (code != -EEXIST) Check(code, "create the directory", directory.string());
    }
    Check(files_.SyncDirectory(directory.parent_path().string()), "sync the parent of",
          directory.string());
    if (stat(directory.c_str(), &status) == 0) Remember(directory.string(), status.st_ino);
  }

  bool IsKnown(const std::string& directory, ino_t inode) const {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(directory);
    return found != known_.end() && found->second == inode;
  }
  void Remember(const std::string& directory, ino_t inode) {
    const std::lock_guard lock(mutex_);
    if (known_.size() >= kMaxKnownDirectories) known_.clear();
    known_[directory] = inode;
  }

  void Collect(const std::string& directory, const ListOptions& options,
               std::vector<ObjectInfo>& found) const {
    const int file = OpenBelow(root_, directory, O_DIRECTORY);
    if (file == -ENOENT || file == -ENOTDIR) return;
    if (file < 0) ThrowErrno(-file, "list", directory);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(file), closedir);
    if (!stream) {
      const int code = errno;
      close(file);
      ThrowErrno(code, "list", directory);
    }
    while (const dirent* entry = readdir(stream.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == ".." ||
          name.substr(0, kTemporaryPrefix.size()) == kTemporaryPrefix)
        continue;
      const std::string path = JoinPath(directory, name);
      // The end of a long log is listed after every commit: what lies before it needs no look.
      if (entry->d_type == DT_REG && path <= options.start_after) continue;
      struct stat status{};
      if (fstatat(dirfd(stream.get()), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (S_ISDIR(status.st_mode) && options.recursive) Collect(path, options, found);
      if (S_ISREG(status.st_mode) && path > options.start_after) {
        found.push_back(InfoOf(path, status));
      }
    }
  }

  const fs::path root_;
  const std::string uri_;
  FileSystem& files_;
  mutable std::mutex mutex_;
  std::map<std::string, ino_t> known_;  ///< directories with a durable name; guarded by mutex_
  std::set<std::string> swept_;         ///< guarded by mutex_
};

LocalWriter::LocalWriter(LocalStore& store, std::string path)
    : store_(store),
      path_(std::move(path)),
      file_(store.files(), store.Prepare(path_).parent_path()) {
  store.Sweep(fs::path(file_.path()).parent_path(), file_.path());
}

void LocalWriter::Finish() {
  file_.Seal();
  if (!store_.Publish(file_, store_.Prepare(path_), path_)) {
    throw Error(ErrorKind::kAlreadyExists, "LK-8008", path_ + " is there already",
                "Data files have names that nobody else uses; this one was taken.");
  }
}

}  // namespace

std::shared_ptr<ObjectStore> MakeLocalStoreOn(const std::string& root_directory,
                                              FileSystem& files) {
  std::error_code failure;
  const fs::path absolute = fs::absolute(root_directory, failure);
  const fs::path root = fs::weakly_canonical(absolute, failure);
  if (failure) ThrowErrno(failure.value(), "open the store's root", root_directory);
  const bool slash = root.filename().empty() && root.has_relative_path();
  const auto store = std::make_shared<LocalStore>(slash ? root.parent_path() : root, files);
  store->MakeRoot();
  return store;
}

std::shared_ptr<ObjectStore> MakeLocalStore(const std::string& root_directory) {
  return MakeLocalStoreOn(root_directory, SystemFiles());
}

}  // namespace lakehouse::io
