#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "error_code.h"
#include "io/object_store.h"

namespace lakehouse::io {

inline std::span<const std::byte> Bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// A kind of store: its name, and how to make an empty one.
struct StoreKind {
  std::string name;
  std::function<std::shared_ptr<ObjectStore>()> make;
};

/// Every store keeps the same promises; a program instantiates this with its kinds of store.
class StoreTest : public testing::TestWithParam<StoreKind> {
 protected:
  const std::shared_ptr<ObjectStore> store_ = GetParam().make();
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

TEST_P(StoreTest, OpensDataFilesByTheSizeThatIsKnown) {
  store_->Write("a", "0123456789");
  const auto reader = store_->OpenImmutable("a", 10);
  EXPECT_EQ(reader->info().size_bytes, 10);
  std::string out(4, ' ');
  reader->ReadAt(6, std::as_writable_bytes(std::span(out)));
  EXPECT_EQ(out, "6789");
  EXPECT_EQ(CodeOf([&] {
              const auto missing = store_->OpenImmutable("none", 10);
              missing->ReadAt(0, std::as_writable_bytes(std::span(out)));
            }),
            "LK-8001");
}

TEST_P(StoreTest, NamesMayHaveAnyCharacter) {
  const std::vector<std::string> paths = {
      "p/!$&'()*+,;=:@", "p/a b",     "p/a%2Fb%20", "p/d=1/x y.parquet",
      "p/käse/日本",     "p/q?x=1#y", "p/~-._"};
  for (const std::string& path : paths) store_->Write(path, path);
  std::vector<std::string> listed;
  for (const ObjectInfo& info : store_->List("p", {"", true})) listed.push_back(info.path);
  EXPECT_EQ(listed, paths);
  for (const std::string& path : paths) {
    EXPECT_EQ(store_->Read(path), path);
    EXPECT_TRUE(store_->Head(path)) << path;
    EXPECT_TRUE(store_->Delete(path)) << path;
  }
  EXPECT_TRUE(store_->List("", {"", true}).empty());
}

TEST_P(StoreTest, EmptyObjectsAreObjects) {
  store_->Write("a", "");
  EXPECT_EQ(store_->WriteIfAbsent("b", ""), PutResult::kWritten);
  store_->Create("c")->Finish();
  for (const char* path : {"a", "b", "c"}) {
    EXPECT_EQ(store_->Read(path), "") << path;
    EXPECT_EQ(store_->Head(path)->size_bytes, 0) << path;
  }
  EXPECT_EQ(store_->List("").size(), 3u);
}

TEST_P(StoreTest, TimesAndTagsTellVersionsApart) {
  store_->Write("a", "one");
  const ObjectInfo first = *store_->Head("a");
  EXPECT_GT(first.modified_ms, 1'600'000'000'000);
  EXPECT_EQ(store_->List("")[0].etag, first.etag);
  store_->Write("a", "two");
  EXPECT_NE(store_->Head("a")->etag, first.etag);
}

}  // namespace lakehouse::io
