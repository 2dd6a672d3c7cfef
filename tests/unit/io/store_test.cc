#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/metrics.h"
#include "error_code.h"
#include "io/object_store.h"
#include "io/store_contract.h"
#include "io/stores.h"
#include "temporary_directory.h"

namespace lakehouse::io {
namespace {

/// A local store whose directory lives as long as it does.
std::shared_ptr<ObjectStore> MakeTemporaryStore() {
  const auto directory = std::make_shared<TemporaryDirectory>();
  const auto store = MakeLocalStore(directory->path());
  return {store.get(), [directory, store](ObjectStore*) {}};
}

INSTANTIATE_TEST_SUITE_P(
    Stores, StoreTest,
    testing::Values(StoreKind{"memory", [] { return MakeMemoryStore(); }},
                    StoreKind{"local", MakeTemporaryStore},
                    StoreKind{"metered",
                              [] { return MakeMeteredStore(MakeMemoryStore(), "test"); }}),
    [](const auto& info) { return info.param.name; });

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
  EXPECT_EQ(CodeOf([&] { stores.Resolve("s3://bucket/x"); }), "LK-8009");
  EXPECT_EQ(CodeOf([&] { stores.Resolve("gs://bucket/x"); }), "LK-8010");
}

TEST(Stores, OpensBuckets) {
  TemporaryDirectory root;
  std::vector<std::string> opened;
  Stores stores(MakeLocalStore(root.path()), {"s3a://bucket/shared/"}, [&](const std::string& at) {
    opened.push_back(at);
    return MakeMemoryStore(at);
  });
  EXPECT_EQ(stores.Resolve("s3://bucket/shared/t/x").path, "t/x");
  EXPECT_EQ(stores.Resolve("s3a://bucket/shared/t").path, "t");
  EXPECT_EQ(opened, std::vector<std::string>{"s3://bucket/shared"});
  EXPECT_EQ(CodeOf([&] { stores.Resolve("s3://bucket/shared"); }), "LK-8009");
  EXPECT_EQ(CodeOf([&] { stores.Resolve("s3://bucket/shared-not"); }), "LK-8009");
  EXPECT_EQ(CodeOf([&] { stores.Resolve("s3://bucket/shared/../x"); }), "LK-8002");
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
