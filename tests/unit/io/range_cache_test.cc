#include "io/range_cache.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "error_code.h"
#include "io/fault_store.h"
#include "security/digest.h"
#include "temporary_directory.h"

namespace lakehouse::io {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kBlock = RangeCache::kBlockBytes;

class RangeCacheTest : public testing::Test {
 protected:
  RangeCacheTest() {
    for (size_t i = 0; i < object_.size(); ++i) object_[i] = static_cast<char>(i * 7 + i / 251);
    inner_->Write("data/x", object_);
  }
  std::shared_ptr<ObjectStore> StoreWith(int64_t limit) {
    return MakeCachedStore(
        faults_, std::make_shared<RangeCache>(directory_.path(), limit, security::OpenSslHasher()));
  }
  std::string Read(ObjectStore& store, int64_t offset, int64_t size) {
    const auto reader = store.OpenImmutable("data/x", static_cast<int64_t>(object_.size()));
    std::string out(static_cast<size_t>(size), '\0');
    reader->ReadAt(offset, std::as_writable_bytes(std::span(out)));
    EXPECT_EQ(out, object_.substr(static_cast<size_t>(offset), out.size()));
    return out;
  }
  std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(directory_.path())) {
      if (entry.is_regular_file() && entry.path().filename() != "lock") files.push_back(entry);
    }
    return files;
  }

  TemporaryDirectory directory_;
  std::string object_ = std::string(static_cast<size_t>(5 * kBlock + 1000), ' ');
  const std::shared_ptr<ObjectStore> inner_ = MakeMemoryStore();
  const std::shared_ptr<FaultStore> faults_ = std::make_shared<FaultStore>(inner_, SystemClock());
};

TEST_F(RangeCacheTest, TheSecondReadAsksNobody) {
  const auto store = StoreWith(100 << 20);
  Read(*store, kBlock - 10, 20);
  const int64_t after_first = faults_->calls();
  Read(*store, kBlock - 5, 3);
  Read(*store, 0, 2 * kBlock);
  EXPECT_EQ(faults_->calls(), after_first + 2) << "the two are opens, not reads";
  EXPECT_EQ(Files().size(), 2u);
}

TEST_F(RangeCacheTest, MissingBlocksThatLieTogetherAreOneRead) {
  const auto store = StoreWith(100 << 20);
  Read(*store, 2 * kBlock, 10);
  const int64_t before = faults_->calls();
  Read(*store, 0, static_cast<int64_t>(object_.size()));
  EXPECT_EQ(faults_->calls(), before + 3) << "an open, and the runs on both sides of block 2";
  EXPECT_EQ(Files().size(), 6u);
}

TEST_F(RangeCacheTest, ADamagedBlockIsReadAnew) {
  const auto store = StoreWith(100 << 20);
  Read(*store, 0, 100);
  ASSERT_EQ(Files().size(), 1u);
  const fs::path file = Files()[0];
  for (const int64_t position : {int64_t{3}, int64_t{20}, int64_t{1000}}) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(position);
    const char old = static_cast<char>(stream.get());
    stream.seekp(position);
    stream.put(static_cast<char>(old + 1));
    stream.close();
    Read(*store, 0, 100);
  }
  fs::resize_file(file, 100);
  Read(*store, 0, 100);
  fs::resize_file(file, 0);
  Read(*store, 0, 100);
}

TEST_F(RangeCacheTest, ABlockOfAnotherObjectIsNotTaken) {
  RangeCache cache(directory_.path(), 100 << 20, security::OpenSslHasher());
  cache.Put("s3://a/x", 10, 0, "0123456789");
  cache.Put("s3://a/y", 10, 0, "abcdefghij");
  ASSERT_EQ(Files().size(), 2u);
  fs::copy_file(Files()[0], Files()[1], fs::copy_options::overwrite_existing);
  const bool x = cache.Get("s3://a/x", 10, 0).has_value();
  const bool y = cache.Get("s3://a/y", 10, 0).has_value();
  EXPECT_NE(x, y) << "only the one whose file is its own";
  EXPECT_EQ(cache.Get("s3://a/x", 11, 0), std::nullopt);
}

TEST_F(RangeCacheTest, TheOldestBlocksMakeRoom) {
  const int64_t limit = 4 * kBlock;
  {
    RangeCache cache(directory_.path(), limit, security::OpenSslHasher());
    const std::string block(static_cast<size_t>(kBlock), 'x');
    for (int i = 0; i < 20; ++i) {
      cache.Put("object", 100 * kBlock, i, block);
      EXPECT_TRUE(cache.Get("object", 100 * kBlock, 0)) << "it is used again and again";
      EXPECT_LE(cache.used_bytes(), limit);
    }
  }
  int64_t total = 0;
  for (const fs::path& file : Files()) total += static_cast<int64_t>(fs::file_size(file));
  EXPECT_LE(total, limit);
  EXPECT_EQ(RangeCache(directory_.path(), limit, security::OpenSslHasher()).used_bytes(), total);
}

TEST_F(RangeCacheTest, ManyThreadsShareIt) {
  const auto one = StoreWith(3 * kBlock), two = StoreWith(3 * kBlock);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      ObjectStore& store = t % 2 == 0 ? *one : *two;
      for (int64_t i = 0; i < 60; ++i) Read(store, (i * 37 + t) % 5 * kBlock + i, kBlock / 2);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(RangeCacheTest, WhatIsNotAFileOfDataIsNotKept) {
  const auto store = StoreWith(100 << 20);
  EXPECT_EQ(store->Read("data/x"), object_);
  store->Open("data/x");
  EXPECT_TRUE(Files().empty());
  EXPECT_EQ(CodeOf([&] { RangeCache("/proc/nowhere", 1, security::OpenSslHasher()); }), "LK-8007");
}

TEST_F(RangeCacheTest, ADirectoryThatIsTakenAwayIsNoFailure) {
  const auto store = StoreWith(100 << 20);
  fs::remove_all(directory_.path());
  Read(*store, 0, 100);
}

}  // namespace
}  // namespace lakehouse::io
