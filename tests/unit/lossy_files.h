#pragma once

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "io/file_system.h"

namespace lakehouse {

/// Stands for the machine going dark.
struct PowerLoss {};

/// What the disk holds of what was not synced, after a power loss.
enum class Survivors {
  kNothing,      ///< no name
  kTornBytes,    ///< every name, a prefix of the bytes
  kEmptyFiles,   ///< every name, no byte
  kZeroedFiles,  ///< every name, zeros for bytes
  kSome,         ///< any of the names and of the above, by a seed
};

/// What a store forgets to sync, to see that a test notices.
enum class Forgets { kNothing, kFiles, kDirectories };

/// The machine's files, on which the power fails at call `stop_at`. Names and bytes that were not
/// synced are undone by LosePower. After the failure every call is -EIO, so that no destructor
/// repairs what a real power loss would leave. Nothing is synced in truth, which is fast. Not
/// thread-safe.
class LossyFiles : public io::FileSystem {
 public:
  explicit LossyFiles(int stop_at = -1, Forgets forgets = Forgets::kNothing)
      : stop_at_(stop_at), forgets_(forgets) {}

  int CreateNew(const std::string& path) override {
    if (Dark()) return -EIO;
    const int file = io::SystemFiles().CreateNew(path);
    if (file >= 0) {
      names_[file] = path;
      unsynced_.insert(path);
      pending_[path] = "";
    }
    return file;
  }
  int Write(int file, std::span<const std::byte> bytes) override {
    if (Dark()) return -EIO;
    return io::SystemFiles().Write(file, bytes);
  }
  int Sync(int file) override {
    if (Dark()) return -EIO;
    if (sync_error_ != 0) return -std::exchange(sync_error_, 0);
    if (forgets_ != Forgets::kFiles) unsynced_.erase(names_[file]);
    return 0;
  }
  int Close(int file) override { return io::SystemFiles().Close(file); }
  int SyncDirectory(const std::string& path) override {
    if (Dark()) return -EIO;
    if (directory_error_ != 0) return -std::exchange(directory_error_, 0);
    if (forgets_ == Forgets::kDirectories) return 0;
    std::erase_if(pending_, [&](const auto& entry) {
      return std::filesystem::path(entry.first).parent_path() == path;
    });
    return 0;
  }
  int Rename(const std::string& from, const std::string& to) override {
    if (Dark()) return -EIO;
    const std::string old = Keep(to);
    const int code = io::SystemFiles().Rename(from, to);
    if (code == 0) Moved(from, to, old);
    return code;
  }
  int RenameNoReplace(const std::string& from, const std::string& to) override {
    if (Dark()) return -EIO;
    const int code = io::SystemFiles().RenameNoReplace(from, to);
    if (code == 0) Moved(from, to, "");
    return code;
  }
  int Unlink(const std::string& path) override {
    return dark_ ? -EIO : io::SystemFiles().Unlink(path);
  }
  int MakeDirectory(const std::string& path) override {
    if (Dark()) return -EIO;
    const int code = io::SystemFiles().MakeDirectory(path);
    if (code == 0) pending_[path] = "";
    return code;
  }

  /// Leaves what the disk may hold afterwards.
  void LosePower(Survivors survivors, unsigned seed = 0) {
    std::mt19937 random(seed);
    const bool some = survivors == Survivors::kSome;
    for (const std::string& path : unsynced_) {
      const auto how = some ? static_cast<Survivors>(1 + random() % 3) : survivors;
      if (std::filesystem::is_regular_file(path)) Tear(path, how);
    }
    for (const auto& [path, old] : pending_) {
      if (survivors != Survivors::kNothing && !(some && random() % 2 == 0)) continue;
      std::filesystem::remove_all(path);
      if (!old.empty() && std::filesystem::exists(old)) std::filesystem::rename(old, path);
    }
    for (const std::string& path : kept_) std::filesystem::remove(path);
  }
  int calls() const { return calls_; }
  void FailNextSync(int error) { sync_error_ = error; }
  void FailNextDirectorySync(int error) { directory_error_ = error; }

 private:
  /// Counts the call; throws at the one of the failure, true after it.
  bool Dark() {
    if (dark_) return true;
    dark_ = calls_++ == stop_at_;
    if (dark_) throw PowerLoss{};
    return false;
  }
  /// What `path` names now, under another name: a replacement that was not synced is undone.
  std::string Keep(const std::string& path) {
    if (!std::filesystem::exists(path)) return "";
    const auto directory = std::filesystem::path(path).parent_path();
    const std::string name =
        (directory / (".lakehouse-tmp-kept-" + std::to_string(kept_.size()))).string();
    std::filesystem::create_hard_link(path, name);
    kept_.push_back(name);
    return name;
  }
  void Moved(const std::string& from, const std::string& to, const std::string& old) {
    if (unsynced_.erase(from) > 0) unsynced_.insert(to);
    pending_.erase(from);
    pending_.emplace(to, old);
  }
  static void Tear(const std::string& path, Survivors how) {
    const auto size = std::filesystem::file_size(path);
    if (how == Survivors::kNothing) return;
    std::filesystem::resize_file(path, how == Survivors::kTornBytes ? size / 2 : 0);
    if (how == Survivors::kZeroedFiles) std::filesystem::resize_file(path, size);
  }

  const int stop_at_;
  const Forgets forgets_;
  bool dark_ = false;
  int calls_ = 0;
  int sync_error_ = 0;
  int directory_error_ = 0;
  std::map<int, std::string> names_;
  std::set<std::string> unsynced_;  ///< files whose bytes may be lost
  /// Names that may be lost, and what they named before (empty: nothing).
  std::map<std::string, std::string> pending_;
  std::vector<std::string> kept_;
};

}  // namespace lakehouse
