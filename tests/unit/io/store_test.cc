#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/metrics.h"
#include "error_code.h"
#include "io/object_store.h"
#include "io/stores.h"
#include "temporary_directory.h"

namespace lakehouse::io {
namespace {

std::span<const std::byte> Bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

/// Every store keeps the same promises.
class StoreTest : public testing::TestWithParam<std::string> {
 protected:
  StoreTest() {
    if (GetParam() == "memory") store_ = MakeMemoryStore();
    if (GetParam() == "local") store_ = MakeLocalStore(directory_.path());
    if (GetParam() == "metered") store_ = MakeMeteredStore(MakeMemoryStore(), "test");
  }
  TemporaryDirectory directory_;
  std::shared_ptr<ObjectStore> store_;
};

TEST_P(StoreTest, ReadsWhatWasWritten) {
  store_->Write("a/b/c.txt", "one");
  store_->Write("a/b/c.txt", "two");
  EXPECT_EQ(store_->Read("a/b/c.txt"), "two");
  EXPECT_EQ(store_->Head("a/b/c.txt")->size_bytes, 3);
  EXPECT_EQ(store_->Head("a/b"), std::nullopt);
  EXPECT_EQ(CodeOf([&] { store_->Read("a/none"); }), "LK-8001");
}

TEST_P(StoreTest, WriteIfAbsentHasOneWinner) {
  std::atomic<int> winners{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const std::string path = "log/" + std::to_string(i);
        if (store_->WriteIfAbsent(path, std::to_string(t)) == PutResult::kWritten) ++winners;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(winners, 20);
  EXPECT_EQ(store_->List("log").size(), 20u);
}

TEST_P(StoreTest, CreatedObjectsAppearWhenFinished) {
  {
    const auto writer = store_->Create("data/x");
    writer->Append(Bytes("hello "));
    writer->Append(Bytes("world"));
    EXPECT_EQ(store_->Head("data/x"), std::nullopt);
    EXPECT_TRUE(store_->List("data").empty());
    writer->Finish();
    EXPECT_EQ(writer->bytes_written(), 11);
  }
  EXPECT_EQ(store_->Read("data/x"), "hello world");
  {
    store_->Create("data/abandoned")->Append(Bytes("x"));
  }
  EXPECT_EQ(store_->Head("data/abandoned"), std::nullopt);
  const auto second = store_->Create("data/x");
  EXPECT_EQ(CodeOf([&] { second->Finish(); }), "LK-8008");
}

TEST_P(StoreTest, ListsInOrder) {
  for (const char* path : {"t/b", "t/a", "t/c/d", "u/x"}) store_->Write(path, "1");
  const auto names = [&](const ListOptions& options) {
    std::vector<std::string> paths;
    for (const ObjectInfo& info : store_->List("t", options)) paths.push_back(info.path);
    return paths;
  };
  EXPECT_EQ(names({}), (std::vector<std::string>{"t/a", "t/b"}));
  EXPECT_EQ(names({"t/a", false}), (std::vector<std::string>{"t/b"}));
  EXPECT_EQ(names({"", true}), (std::vector<std::string>{"t/a", "t/b", "t/c/d"}));
  EXPECT_TRUE(store_->List("nowhere").empty());
}

TEST_P(StoreTest, DeletesOnce) {
  store_->Write("a", "1");
  EXPECT_TRUE(store_->Delete("a"));
  EXPECT_FALSE(store_->Delete("a"));
}

TEST_P(StoreTest, ReadsRangesAndNoticesTheEnd) {
  store_->Write("a", "0123456789");
  const auto reader = store_->Open("a");
  std::string four(4, ' ');
  reader->ReadAt(3, std::as_writable_bytes(std::span(four)));
  EXPECT_EQ(four, "3456");
  EXPECT_EQ(CodeOf([&] { reader->ReadAt(8, std::as_writable_bytes(std::span(four))); }), "LK-8005");
}

TEST_P(StoreTest, RefusesPathsThatLeadOut) {
  for (const char* path :
       {"", "/a", "../a", "a/../b", "a//b", "a/", "./a", "a/.", "\\a", "a\xFF"}) {
    EXPECT_EQ(CodeOf([&] { store_->Read(path); }), "LK-8002") << path;
    EXPECT_EQ(CodeOf([&] { store_->Write(path, "x"); }), "LK-8002") << path;
  }
  EXPECT_EQ(CodeOf([&] { store_->Read(std::string(2000, 'a')); }), "LK-8002");
  EXPECT_EQ(CodeOf([&] { store_->Read(std::string("a\0b", 3)); }), "LK-8002");
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreTest, testing::Values("memory", "local", "metered"),
                         [](const auto& info) { return info.param; });

TEST(LocalStore, DoesNotFollowLinksOut) {
  TemporaryDirectory outside, inside;
  std::ofstream(outside / "secret") << "x";
  std::filesystem::create_symlink(outside.path(), inside / "link");
  std::filesystem::create_symlink(outside / "secret", inside / "file");
  const auto store = MakeLocalStore(inside.path());
  EXPECT_EQ(CodeOf([&] { store->Read("link/secret"); }), "LK-8002");
  EXPECT_EQ(CodeOf([&] { store->Read("file"); }), "LK-8002");
  EXPECT_EQ(CodeOf([&] { store->Write("link/new", "x"); }), "LK-8002");
  EXPECT_TRUE(store->List("").empty());
}

TEST(LocalStore, LeavesNoTemporaryFiles) {
  TemporaryDirectory directory;
  const auto store = MakeLocalStore(directory.path());
  store->WriteIfAbsent("a", "1");
  store->WriteIfAbsent("a", "2");
  const auto entries = std::filesystem::directory_iterator(directory.path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST(Stores, ResolvesOnlyAllowedPlaces) {
  TemporaryDirectory root, other;
  Stores stores(MakeLocalStore(root.path()), {other.path()});
  EXPECT_EQ(stores.Resolve("bronze/t").path, "bronze/t");
  EXPECT_EQ(stores.Resolve(root / "bronze/t").path, "bronze/t");
  EXPECT_EQ(stores.Canonical("file://" + (root / "bronze/t")), "bronze/t");
  EXPECT_EQ(stores.Canonical(other / "t"), "file://" + (other / "t"));
  EXPECT_EQ(CodeOf([&] { stores.Resolve("/etc"); }), "LK-8009");
  EXPECT_EQ(CodeOf([&] { stores.Resolve(other / "../x"); }), "LK-8009");
  EXPECT_EQ(CodeOf([&] { stores.Resolve("../x"); }), "LK-8002");
  EXPECT_EQ(CodeOf([&] { stores.Resolve("s3://bucket/x"); }), "LK-8010");
}

TEST(MeteredStore, CountsBytes) {
  const auto store = MakeMeteredStore(MakeMemoryStore(), "counted");
  store->Write("a", "12345");
  store->Read("a");
  EXPECT_EQ(CodeOf([&] { store->Read("b"); }), "LK-8001");
  const std::string text = Metrics::Instance().Text();
  EXPECT_NE(text.find("lakehouse_io_bytes_total{direction=\"read\",store=\"counted\"} 5"),
            std::string::npos);
  EXPECT_NE(text.find("operation=\"read\",result=\"error\",store=\"counted\"} 1"),
            std::string::npos);
}

}  // namespace
}  // namespace lakehouse::io
