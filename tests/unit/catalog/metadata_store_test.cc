#include "catalog/metadata/metadata_store.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "catalog/metadata/sqlite_database.h"
#include "error_code.h"
#include "temporary_directory.h"

namespace lakehouse::catalog {
namespace {

class MetadataStoreTest : public testing::Test {
 protected:
  std::shared_ptr<MetadataStore> Open() {
    return OpenSqliteMetadataStore(file_, SystemClock(), SystemRandom());
  }
  static ObjectInfo Table(const std::string& name) {
    ObjectInfo table;
    table.name = {"lake", "bronze", name};
    table.location = "bronze/" + name;
    table.owner = "ann";
    return table;
  }
  static SchemaInfo Bronze() {
    SchemaInfo schema;
    schema.catalog = "lake";
    schema.name = "bronze";
    schema.comment = "raw rows";
    return schema;
  }
  std::shared_ptr<MetadataStore> OpenWithSchema() {
    auto store = Open();
    store->CreateCatalog("lake", true);
    store->CreateSchema(Bronze(), true);
    return store;
  }

  TemporaryDirectory directory_;
  const std::string file_ = directory_ / "metadata.db";
};

TEST_F(MetadataStoreTest, KeepsNamesOverAReopen) {
  {
    const auto store = OpenWithSchema();
    const ObjectInfo made = store->CreateObject(Table("Flights"), false);
    EXPECT_EQ(made.id.size(), 36u);
    store->SetValue("key", "value");
    store->Ping();
  }
  const auto store = Open();
  EXPECT_EQ(store->ListCatalogs(), std::vector<std::string>{"lake"});
  EXPECT_EQ(store->FindSchema("LAKE", "Bronze")->comment, "raw rows");
  const auto found = store->FindObject({"lake", "bronze", "FLIGHTS"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name.name, "Flights");
  EXPECT_EQ(store->FindObjectByLocation("bronze/Flights")->id, found->id);
  EXPECT_EQ(store->GetValue("key"), "value");
  EXPECT_EQ(store->GetValue("other"), std::nullopt);
}

TEST_F(MetadataStoreTest, WrongNamesAreTyped) {
  const auto store = OpenWithSchema();
  store->CreateObject(Table("t"), false);
  EXPECT_EQ(CodeOf([&] { store->ListSchemas("nope"); }), "LK-2010");
  EXPECT_EQ(CodeOf([&] { store->ListObjects("lake", "nope"); }), "LK-2011");
  EXPECT_EQ(CodeOf([&] { store->DropObject({"lake", "bronze", "nope"}); }), "LK-2012");
  EXPECT_EQ(CodeOf([&] { store->CreateObject(Table("T"), false); }), "LK-2013");
  EXPECT_EQ(CodeOf([&] { store->CreateSchema(Bronze(), false); }), "LK-2013");
  EXPECT_EQ(CodeOf([&] { store->DropSchema("lake", "bronze", false); }), "LK-2014");
  EXPECT_EQ(CodeOf([&] { store->DropCatalog("lake"); }), "LK-2014");
  EXPECT_EQ(CodeOf([&] { store->DeleteJob("nope"); }), "LK-2016");
  EXPECT_EQ(CodeOf([&] { store->DeleteToken("nope"); }), "LK-2017");
}

TEST_F(MetadataStoreTest, RenamesAndDrops) {
  const auto store = OpenWithSchema();
  const ObjectInfo made = store->CreateObject(Table("a"), false);
  store->RenameObject({"lake", "bronze", "a"}, {"lake", "bronze", "b"});
  EXPECT_EQ(store->FindObject({"lake", "bronze", "b"})->id, made.id);
  EXPECT_FALSE(store->FindObject({"lake", "bronze", "a"}));
  store->DropSchema("lake", "bronze", true);
  EXPECT_FALSE(store->FindSchema("lake", "bronze"));
}

TEST_F(MetadataStoreTest, KeepsJobsRunsAndTokens) {
  const auto store = Open();
  JobRecord job;
  job.name = "load";
  job.kind = "ingestion";
  job.configuration = "{}";
  job = store->SaveJob(job);
  EXPECT_EQ(store->FindJob("load")->id, job.id);
  JobRun run;
  run.id = "r1";
  run.job_id = job.id;
  run.state = "running";
  store->SaveRun(run);
  run.state = "succeeded";
  store->SaveRun(run);
  ASSERT_EQ(store->ListRuns(job.id, 10).size(), 1u);
  EXPECT_EQ(store->ListRuns(job.id, 10)[0].state, "succeeded");
  TokenRecord token;
  token.id = "t1";
  token.hash = "h";
  token.principal = "ann";
  store->SaveToken(token);
  EXPECT_EQ(store->FindTokenByHash("h")->principal, "ann");
  token.id = "t2";
  EXPECT_EQ(CodeOf([&] { store->SaveToken(token); }), "LK-2013");
}

TEST_F(MetadataStoreTest, ManyThreadsWriteAtOnce) {
  const auto store = OpenWithSchema();
  constexpr int kThreads = 8, kTables = 20;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTables; ++i) {
        store->CreateObject(Table("t" + std::to_string(t) + "_" + std::to_string(i)), false);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store->ListObjects("lake", "bronze").size(), size_t{kThreads * kTables});
}

TEST_F(MetadataStoreTest, ADamagedFileIsNamed) {
  std::ofstream(file_) << std::string(8192, 'x');
  EXPECT_EQ(CodeOf([&] { Open(); }), "LK-2021");
}

TEST_F(MetadataStoreTest, ANewerSchemaIsRefused) {
  Open();
  metadata::Database database(file_, 1000);
  auto names = database.Query(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%migration%'");
  ASSERT_TRUE(names.Step());
  const std::string table = names.Text(0);
  auto columns = database.Query("SELECT group_concat(name, ',') FROM pragma_table_info(?)", table);
  ASSERT_TRUE(columns.Step());
  const std::string list = columns.Text(0);
  const std::string key = list.substr(0, list.find(','));
  const std::string rest = list.substr(list.find(','));
  database.Execute("INSERT INTO " + table + " (" + list + ") SELECT 999" + rest + " FROM " + table +
                   " LIMIT 1");
  EXPECT_EQ(CodeOf([&] { Open(); }), "LK-2020");
}

TEST_F(MetadataStoreTest, ALockedFileIsUnavailable) {
  metadata::Database holder(file_, 10), other(file_, 10);
  holder.Execute("CREATE TABLE t (x)");
  holder.Execute("BEGIN EXCLUSIVE");
  EXPECT_EQ(CodeOf([&] { other.Execute("INSERT INTO t VALUES (1)"); }), "LK-2022");
}

TEST_F(MetadataStoreTest, AFullDiskIsNamed) {
  metadata::Database database(file_, 10);
  database.Execute("CREATE TABLE t (x)");
  database.Execute("PRAGMA max_page_count = 4");
  EXPECT_EQ(CodeOf([&] { database.Execute("INSERT INTO t VALUES (zeroblob(1000000))"); }),
            "LK-2024");
}

TEST_F(MetadataStoreTest, AnUnusablePlaceIsNamed) {
  EXPECT_EQ(CodeOf([&] { metadata::Database(directory_.path(), 10); }), "LK-2023");
}

}  // namespace
}  // namespace lakehouse::catalog
