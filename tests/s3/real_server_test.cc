// The promises of ObjectStore on a real S3 server, which LAKEHOUSE_TEST_S3 names
// (tests/python/s3_server.py starts one).
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"
#include "io/range_cache.h"
#include "io/s3/s3_store.h"
#include "io/store_contract.h"
#include "security/digest.h"
#include "temporary_directory.h"

namespace lakehouse::io::s3 {
namespace {

StoreSettings Settings() {
  const char* endpoint = std::getenv("LAKEHOUSE_TEST_S3");
  if (endpoint == nullptr) throw std::runtime_error("LAKEHOUSE_TEST_S3 names no server");
  StoreSettings settings;
  settings.client.endpoint = endpoint;
  settings.client.credentials.given =
      Credentials{std::getenv("AWS_ACCESS_KEY_ID"), std::getenv("AWS_SECRET_ACCESS_KEY"), ""};
  return settings;
}

std::string NewPlace() { return "s3://lake/" + Uuid::V4(SystemRandom()).ToString(); }

std::shared_ptr<ObjectStore> NewStore(const StoreSettings& settings = Settings()) {
  return MakeS3Store(NewPlace(), settings, security::OpenSslHasher(), SystemClock(),
                     SystemRandom());
}

/// The directory lives as long as the store.
std::shared_ptr<ObjectStore> NewCachedStore() {
  const auto directory = std::make_shared<TemporaryDirectory>();
  const auto cache = std::make_shared<RangeCache>(directory->path(), int64_t{100} << 20,
                                                  security::OpenSslHasher());
  const auto store = MakeCachedStore(NewStore(), cache);
  return {store.get(), [directory, store](ObjectStore*) {}};
}

}  // namespace
}  // namespace lakehouse::io::s3

namespace lakehouse::io {

INSTANTIATE_TEST_SUITE_P(S3, StoreTest,
                         testing::Values(StoreKind{"s3", [] { return s3::NewStore(); }},
                                         StoreKind{"cached", s3::NewCachedStore}),
                         [](const auto& info) { return info.param.name; });

}  // namespace lakehouse::io

namespace lakehouse::io::s3 {
namespace {

TEST(RealS3, OfSixteenWritersOfAKeyExactlyOneWins) {
  constexpr int kKeys = 40, kWriters = 16;
  const auto store = NewStore();
  std::vector<std::atomic<int>> winners(kKeys);
  std::vector<std::atomic<int>> winner(kKeys);
  std::vector<std::thread> threads;
  for (int t = 0; t < kWriters; ++t) {
    threads.emplace_back([&, t] {
      for (int key = 0; key < kKeys; ++key) {
        const std::string path = "log/" + std::to_string(key);
        if (store->WriteIfAbsent(path, std::to_string(t)) != PutResult::kWritten) continue;
        ++winners[static_cast<size_t>(key)];
        winner[static_cast<size_t>(key)] = t;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int key = 0; key < kKeys; ++key) {
    EXPECT_EQ(winners[static_cast<size_t>(key)], 1) << key;
    EXPECT_EQ(store->Read("log/" + std::to_string(key)),
              std::to_string(winner[static_cast<size_t>(key)]));
  }
}

TEST(RealS3, LargeObjectsGoInPartsAndComeBack) {
  StoreSettings settings = Settings();
  settings.part_bytes = int64_t{5} << 20;
  const auto store = NewStore(settings);
  std::string text(size_t{17} << 20, ' ');
  SeededRandom random(3);
  for (char& c : text) c = static_cast<char>(random.Next64());
  const auto writer = store->Create("data/large");
  for (size_t at = 0; at < text.size(); at += 1'000'000) {
    writer->Append(Bytes(std::string_view(text).substr(at, 1'000'000)));
  }
  EXPECT_EQ(store->Head("data/large"), std::nullopt);
  writer->Finish();
  EXPECT_EQ(store->Head("data/large")->size_bytes, static_cast<int64_t>(text.size()));
  EXPECT_EQ(store->Read("data/large"), text);
  const auto reader = store->Open("data/large");
  for (const int64_t offset : {int64_t{0}, int64_t{5'242'870}, int64_t{17'825'000}}) {
    std::string out(700, ' ');
    reader->ReadAt(offset, std::as_writable_bytes(std::span(out)));
    EXPECT_EQ(out, text.substr(static_cast<size_t>(offset), out.size()));
  }
  const auto second = store->Create("data/large");
  second->Append(Bytes(text));
  EXPECT_EQ(CodeOf([&] { second->Finish(); }), "LK-8008");
  EXPECT_EQ(store->List("data").size(), 1u);
}

TEST(RealS3, AnAbandonedUploadLeavesNothing) {
  StoreSettings settings = Settings();
  settings.part_bytes = int64_t{5} << 20;
  const auto store = NewStore(settings);
  store->Create("data/x")->Append(Bytes(std::string(size_t{11} << 20, 'x')));
  EXPECT_TRUE(store->List("", {"", true}).empty());
}

TEST(RealS3, ListsMoreThanOnePage) {
  const auto store = NewStore();
  constexpr int kObjects = 1100;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = t; i < kObjects; i += 8) store->Write("log/" + std::to_string(10000 + i), "x");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store->List("log").size(), static_cast<size_t>(kObjects));
  const auto rest = store->List("log", {.start_after = "log/11050"});
  ASSERT_EQ(rest.size(), 49u);
  EXPECT_EQ(rest[0].path, "log/11051");
}

TEST(RealS3, AFileThatReplacedAnotherIsNoticedByAReader) {
  const auto store = NewStore();
  store->Write("a", "0123456789");
  const auto reader = store->Open("a");
  store->Write("a", "abcdefghij");
  std::string out(4, ' ');
  EXPECT_EQ(CodeOf([&] { reader->ReadAt(0, std::as_writable_bytes(std::span(out))); }), "LK-8005");
}

TEST(RealS3, WrongCredentialsAndBucketsAreNamed) {
  StoreSettings settings = Settings();
  settings.client.credentials.given->secret_access_key = "wrong";
  const auto code = [&](const std::string& uri) {
    const auto store =
        MakeS3Store(uri, settings, security::OpenSslHasher(), SystemClock(), SystemRandom());
    return CodeOf([&] { store->List(""); });
  };
  EXPECT_EQ(code("s3://lake"), "LK-8013");
  settings = Settings();
  EXPECT_EQ(code("s3://no-such-bucket"), "LK-8015");
  EXPECT_EQ(code("s3://lake"), "");
}

TEST(RealS3, ABucketWithoutPrefixIsAStore) {
  const auto store = MakeS3Store("s3://lake", Settings(), security::OpenSslHasher(), SystemClock(),
                                 SystemRandom());
  const std::string name = "top-" + Uuid::V4(SystemRandom()).ToString();
  store->Write(name, "x");
  EXPECT_EQ(store->Read(name), "x");
  EXPECT_TRUE(store->Delete(name));
}

}  // namespace
}  // namespace lakehouse::io::s3
