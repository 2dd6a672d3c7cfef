// Drops what a power loss may drop, at every system call of the local store, and looks at what is
// left. Writing is modelled on top of the real file system: names and bytes that were not synced
// are undone.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <utility>

#include "error_code.h"
#include "io/file_system.h"
#include "io/local_store.h"
#include "temporary_directory.h"

namespace lakehouse::io {
namespace {

/// Stands for the machine going dark.
struct PowerLoss {};

/// Fails at call `stop_at` and remembers what is not durable yet.
class LossyFiles : public FileSystem {
 public:
  explicit LossyFiles(int stop_at = -1) : stop_at_(stop_at) {}

  int CreateNew(const std::string& path) override {
    Step();
    const int file = SystemFiles().CreateNew(path);
    if (file >= 0) {
      names_[file] = path;
      unsynced_.insert(path);
      pending_.insert(path);
    }
    return file;
  }
  int Write(int file, std::span<const std::byte> bytes) override {
    Step();
    return SystemFiles().Write(file, bytes);
  }
  int Sync(int file) override {
    Step();
    if (sync_error_ != 0) return -std::exchange(sync_error_, 0);
    unsynced_.erase(names_[file]);
    return SystemFiles().Sync(file);
  }
  int Close(int file) override { return SystemFiles().Close(file); }
  int SyncDirectory(const std::string& path) override {
    Step();
    if (directory_error_ != 0) return -std::exchange(directory_error_, 0);
    std::erase_if(pending_, [&](const std::string& entry) {
      return std::filesystem::path(entry).parent_path() == path;
    });
    return SystemFiles().SyncDirectory(path);
  }
  int Rename(const std::string& from, const std::string& to) override {
    Step();
    Moved(from, to);
    return SystemFiles().Rename(from, to);
  }
  int RenameNoReplace(const std::string& from, const std::string& to) override {
    Step();
    const int code = SystemFiles().RenameNoReplace(from, to);
    if (code == 0) Moved(from, to);
    return code;
  }
  int Unlink(const std::string& path) override { return SystemFiles().Unlink(path); }
  int MakeDirectory(const std::string& path) override { return SystemFiles().MakeDirectory(path); }

  /// What the disk may hold afterwards: names that were not synced vanish or stay with torn bytes.
  void LosePower(bool keep_names) {
    for (const std::string& path : pending_) {
      if (!keep_names) std::filesystem::remove(path);
    }
    for (const std::string& path : unsynced_) {
      if (std::filesystem::exists(path)) std::ofstream(path, std::ios::trunc) << "to";
    }
  }
  int calls() const { return calls_; }
  void FailNextSync(int error) { sync_error_ = error; }
  void FailNextDirectorySync(int error) { directory_error_ = error; }

 private:
  void Step() {
    if (calls_++ == stop_at_) throw PowerLoss{};
  }
  void Moved(const std::string& from, const std::string& to) {
    if (unsynced_.erase(from) > 0) unsynced_.insert(to);
    pending_.erase(from);
    pending_.insert(to);
  }

  const int stop_at_;
  int calls_ = 0;
  int sync_error_ = 0;
  int directory_error_ = 0;
  std::map<int, std::string> names_;
  std::set<std::string> unsynced_;  ///< files whose bytes may be lost
  std::set<std::string> pending_;   ///< names that may be lost
};

TEST(PowerLoss, ACommitIsWholeOrAbsentAndAcknowledgedOnesStay) {
  const std::string commit = "the whole commit";
  int points = 0;
  for (int stop = 0;; ++stop) {
    bool finished = false;
    for (const bool keep_names : {false, true}) {
      TemporaryDirectory directory;
      LossyFiles files(stop);
      bool acknowledged = false;
      try {
        const auto store = MakeLocalStoreOn(directory.path(), files);
        acknowledged = store->WriteIfAbsent("00.json", commit) == PutResult::kWritten;
        finished = true;
      } catch (const PowerLoss&) {
      }
      files.LosePower(keep_names);
      const auto after = MakeLocalStore(directory.path());
      const bool there = after->Head("00.json").has_value();
      if (there) {
        EXPECT_EQ(after->Read("00.json"), commit) << "torn at call " << stop;
      }
      if (acknowledged) {
        EXPECT_TRUE(there) << "lost at call " << stop;
      }
      ++points;
    }
    if (finished) break;
  }
  EXPECT_GE(points, 10);
}

TEST(PowerLoss, AFailedSyncIsAnErrorAndLeavesNoCommit) {
  TemporaryDirectory directory;
  LossyFiles files;
  const auto store = MakeLocalStoreOn(directory.path(), files);
  files.FailNextSync(EIO);
  EXPECT_EQ(CodeOf([&] { store->WriteIfAbsent("00.json", "x"); }), "LK-8007");
  EXPECT_EQ(store->Head("00.json"), std::nullopt);
  files.FailNextSync(ENOSPC);
  EXPECT_EQ(CodeOf([&] { store->WriteIfAbsent("00.json", "x"); }), "LK-8004");
  files.FailNextSync(EACCES);
  EXPECT_EQ(CodeOf([&] { store->WriteIfAbsent("00.json", "x"); }), "LK-8003");
}

TEST(PowerLoss, AFailedDirectorySyncIsAnUnknownOutcome) {
  TemporaryDirectory directory;
  LossyFiles files;
  const auto store = MakeLocalStoreOn(directory.path(), files);
  files.FailNextDirectorySync(EIO);
  EXPECT_EQ(CodeOf([&] { store->WriteIfAbsent("00.json", "x"); }), "LK-8006");
}

}  // namespace
}  // namespace lakehouse::io
