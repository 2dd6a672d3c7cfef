#include "io/local_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <utility>

#include "error_code.h"
#include "temporary_directory.h"

namespace lakehouse::io {
namespace {

/// The machine's files; keeps count of what was synced and fails on demand.
class WatchedFiles : public FileSystem {
 public:
  int CreateNew(const std::string& path) override { return SystemFiles().CreateNew(path); }
  int Write(int file, std::span<const std::byte> bytes) override {
    return SystemFiles().Write(file, bytes);
  }
  int Sync(int file) override { return SystemFiles().Sync(file); }
  int Close(int file) override { return SystemFiles().Close(file); }
  int SyncDirectory(const std::string& path) override {
    synced.insert(path);
    if (fail_directory_sync) return -EIO;
    return SystemFiles().SyncDirectory(path);
  }
  int Rename(const std::string& from, const std::string& to) override {
    if (rename_error != 0) return -std::exchange(rename_error, 0);
    return SystemFiles().Rename(from, to);
  }
  int RenameNoReplace(const std::string& from, const std::string& to) override {
    if (rename_error != 0) return -std::exchange(rename_error, 0);
    return SystemFiles().RenameNoReplace(from, to);
  }
  int Unlink(const std::string& path) override { return SystemFiles().Unlink(path); }
  int MakeDirectory(const std::string& path) override { return SystemFiles().MakeDirectory(path); }

  std::set<std::string> synced;
  bool fail_directory_sync = false;
  int rename_error = 0;
};

class LocalStoreTest : public testing::Test {
 protected:
  TemporaryDirectory directory_;
  WatchedFiles files_;
};

TEST_F(LocalStoreTest, MakesItsRootDurably) {
  const auto store = MakeLocalStoreOn(directory_ / "a/b", files_);
  EXPECT_TRUE(files_.synced.contains(directory_.path()));
  EXPECT_TRUE(files_.synced.contains(directory_ / "a"));
}

TEST_F(LocalStoreTest, SyncsParentsOfDirectoriesThatOthersMade) {
  // Another process made the directories and died before it synced them.
  std::filesystem::create_directories(directory_ / "t/log");
  const auto store = MakeLocalStoreOn(directory_.path(), files_);
  files_.synced.clear();
  store->WriteIfAbsent("t/log/0", "x");
  EXPECT_EQ(files_.synced,
            (std::set<std::string>{directory_.path(), directory_ / "t", directory_ / "t/log"}));
  files_.synced.clear();
  store->WriteIfAbsent("t/log/1", "x");
  EXPECT_EQ(files_.synced, (std::set<std::string>{directory_ / "t/log"}));
}

TEST_F(LocalStoreTest, ADirectoryMadeAnewIsSyncedAgain) {
  const auto store = MakeLocalStoreOn(directory_.path(), files_);
  store->Write("t/log/0", "x");
  std::filesystem::remove_all(directory_ / "t");
  files_.synced.clear();
  store->Write("t/log/0", "y");
  EXPECT_TRUE(files_.synced.contains(directory_.path()));
  EXPECT_EQ(store->Read("t/log/0"), "y");
}

TEST_F(LocalStoreTest, VisibleButNotDurableIsAnUnknownOutcome) {
  const auto store = MakeLocalStoreOn(directory_.path(), files_);
  store->Write("a", "1");
  files_.fail_directory_sync = true;
  EXPECT_EQ(CodeOf([&] { store->Write("a", "2"); }), "LK-8006");
  EXPECT_EQ(CodeOf([&] { store->Delete("a"); }), "LK-8006");
}

TEST_F(LocalStoreTest, AFailedRenameIsUnknownOnlyWhenItMayHaveHappened) {
  const auto store = MakeLocalStoreOn(directory_.path(), files_);
  files_.rename_error = EIO;
  EXPECT_EQ(CodeOf([&] { store->WriteIfAbsent("a", "1"); }), "LK-8006");
  files_.rename_error = ENOSPC;
  EXPECT_EQ(CodeOf([&] { store->WriteIfAbsent("a", "1"); }), "LK-8004");
  files_.rename_error = EROFS;
  EXPECT_EQ(CodeOf([&] { store->Write("a", "1"); }), "LK-8003");
}

TEST_F(LocalStoreTest, ListsNothingBehindALink) {
  TemporaryDirectory outside;
  std::ofstream(outside / "secret") << "x";
  std::filesystem::create_symlink(outside.path(), directory_ / "link");
  const auto store = MakeLocalStore(directory_.path());
  EXPECT_EQ(CodeOf([&] { store->List("link"); }), "LK-8002");
  EXPECT_TRUE(store->List("", {"", true}).empty());
}

TEST_F(LocalStoreTest, APipeDoesNotStopAReader) {
  ASSERT_EQ(mkfifo((directory_ / "pipe").c_str(), 0600), 0);
  const auto store = MakeLocalStore(directory_.path());
  EXPECT_EQ(CodeOf([&] { store->Read("pipe"); }), "LK-8001");
}

TEST_F(LocalStoreTest, NamesOfUnfinishedFilesAreNoPaths) {
  const auto store = MakeLocalStore(directory_.path());
  EXPECT_EQ(CodeOf([&] { store->Write("t/.lakehouse-tmp-1", "x"); }), "LK-8002");
  EXPECT_EQ(CodeOf([&] { store->Write(std::string(300, 'a'), "x"); }), "LK-8002");
}

TEST_F(LocalStoreTest, ARootThatIsAFileIsRefused) {
  std::ofstream(directory_ / "file") << "x";
  EXPECT_EQ(CodeOf([&] { MakeLocalStore(directory_ / "file"); }), "LK-8001");
}

TEST_F(LocalStoreTest, ADirectoryIsNoObject) {
  const auto store = MakeLocalStore(directory_.path());
  store->Write("t/a", "x");
  EXPECT_FALSE(store->Delete("t"));
  EXPECT_EQ(CodeOf([&] { store->Read("t"); }), "LK-8001");
  EXPECT_EQ(store->Read("t/a"), "x");
}

TEST_F(LocalStoreTest, TemporaryFilesOfDeadWritersGoAfterADay) {
  TemporaryDirectory directory;
  MakeLocalStore(directory.path())->Write("t/a", "1");
  const std::string old = directory / "t/.lakehouse-tmp-old";
  const std::string young = directory / "t/.lakehouse-tmp-young";
  for (const std::string& path : {old, young}) std::ofstream(path) << "half";
  const auto now = std::filesystem::last_write_time(young);
  std::filesystem::last_write_time(old, now - std::chrono::hours(25));
  std::filesystem::last_write_time(young, now - std::chrono::hours(23));
  const auto store = MakeLocalStore(directory.path());
  EXPECT_EQ(store->List("t").size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(old)) << "readers change nothing";
  store->WriteIfAbsent("t/b", "2");
  EXPECT_FALSE(std::filesystem::exists(old));
  EXPECT_TRUE(std::filesystem::exists(young));
}

}  // namespace
}  // namespace lakehouse::io
