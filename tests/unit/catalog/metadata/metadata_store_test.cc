#include "catalog/metadata/metadata_store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "temporary_directory.h"

namespace lakehouse::catalog {
namespace {

class MetadataStoreTest : public testing::Test {
 protected:
  std::shared_ptr<MetadataStore> Open(const SqliteStoreOptions& options = {}) {
    return OpenSqliteMetadataStore(file_, clock_, random_, options);
  }
  std::shared_ptr<MetadataStore> OpenWithSchema() {
    auto store = Open();
    store->CreateCatalog("lake", false);
    SchemaInfo schema;
    schema.catalog = "lake";
    schema.name = "Main";
    schema.owner = "ann";
    schema.properties = {{"k", "v \"1\""}};
    store->CreateSchema(schema, false);
    return store;
  }
  static ObjectInfo Table(const std::string& name, const std::string& location) {
    ObjectInfo object;
    object.name = {"lake", "main", name};
    object.location = location;
    object.owner = "ann";
    return object;
  }
  /// Another program's hand in the file.
  void Tamper(const char* sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(file_.c_str(), &handle), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(handle);
  }

  TemporaryDirectory directory_;
  const std::string file_ = directory_ / "metadata.db";
  ManualClock clock_{1'700'000'000'000};
  SeededRandom random_{7};
};

TEST_F(MetadataStoreTest, KeepsNamesOverReopening) {
  std::string id;
  {
    auto store = OpenWithSchema();
    id = store->CreateObject(Table("Flights", "main/flights"), false).id;
    EXPECT_EQ(id.size(), 36u);
  }
  auto store = Open();
  EXPECT_EQ(store->ListCatalogs(), std::vector<std::string>{"lake"});
  const auto schema = store->FindSchema("LAKE", "main");
  ASSERT_TRUE(schema);
  EXPECT_EQ(schema->name, "Main");
  EXPECT_EQ(schema->created_ms, clock_.NowMs());
  EXPECT_EQ(schema->properties.at("k"), "v \"1\"");
  const auto object = store->FindObject({"lake", "MAIN", "FLIGHTS"});
  ASSERT_TRUE(object);
  EXPECT_EQ(object->id, id);
  EXPECT_EQ(object->name, (ObjectName{"lake", "Main", "Flights"}));
  EXPECT_EQ(store->FindObjectByLocation("main/flights")->id, id);
  EXPECT_FALSE(store->FindObjectByLocation(""));
  struct stat status{};
  ASSERT_EQ(stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(MetadataStoreTest, NamesWhatIsMissingOrTaken) {
  auto store = OpenWithSchema();
  store->CreateObject(Table("t", "main/t"), false);
  EXPECT_EQ(CodeOf([&] { store->ListSchemas("no"); }), "LK-2010");
  EXPECT_EQ(CodeOf([&] { store->ListObjects("lake", "no"); }), "LK-2011");
  EXPECT_EQ(CodeOf([&] { store->DropObject({"lake", "main", "no"}); }), "LK-2012");
  EXPECT_EQ(CodeOf([&] { store->CreateCatalog("LAKE", false); }), "LK-2013");
  EXPECT_FALSE(store->CreateCatalog("LAKE", true));
  EXPECT_EQ(CodeOf([&] { store->CreateObject(Table("T", "main/u"), false); }), "LK-2013");
  EXPECT_EQ(CodeOf([&] { store->CreateObject(Table("u", "main/t"), false); }), "LK-2013");
  EXPECT_EQ(CodeOf([&] { store->DropSchema("lake", "main", false); }), "LK-2014");
  EXPECT_EQ(CodeOf([&] { store->DropCatalog("lake"); }), "LK-2014");
  store->DropSchema("lake", "main", true);
  EXPECT_FALSE(store->FindObject({"lake", "main", "t"}));
  store->DropCatalog("lake");
  EXPECT_TRUE(store->ListCatalogs().empty());
}

TEST_F(MetadataStoreTest, RenamesReplacesAndUpdates) {
  auto store = OpenWithSchema();
  ObjectInfo view = Table("v", "");
  view.kind = ObjectKind::kView;
  view.view_sql = "SELECT 1";
  const std::string id = store->CreateObject(view, false).id;
  view.view_sql = "SELECT 2";
  EXPECT_EQ(store->CreateObject(view, true).id, id);
  EXPECT_EQ(CodeOf([&] { store->CreateObject(Table("v", "main/v"), true); }), "LK-2013");
  store->RenameObject({"lake", "main", "v"}, {"lake", "main", "V2"});
  store->RenameObject({"lake", "main", "v2"}, {"lake", "main", "V2"});
  auto found = store->FindObject({"lake", "main", "v2"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->view_sql, "SELECT 2");
  found->comment = "two";
  store->UpdateObject(*found);
  EXPECT_EQ(store->ListObjects("lake", "main").at(0).comment, "two");
  store->CreateObject(Table("t", "main/t"), false);
  EXPECT_EQ(CodeOf([&] { store->RenameObject({"lake", "main", "t"}, {"lake", "main", "v2"}); }),
            "LK-2013");
}

TEST_F(MetadataStoreTest, KeepsJobsAndTheirNewestRuns) {
  SqliteStoreOptions options;
  options.max_runs_per_job = 3;
  auto store = Open(options);
  const JobRecord job = store->SaveJob({"", "Load", "ingestion", "{}", "ann", 0, true});
  const JobRecord again = store->SaveJob({"", "load", "ingestion", "{\"a\":1}", "ann", 0, false});
  EXPECT_EQ(again.id, job.id);
  EXPECT_FALSE(store->FindJob("LOAD")->enabled);
  EXPECT_EQ(store->FindJob(job.id)->configuration, "{\"a\":1}");
  for (int i = 1; i <= 5; ++i) {
    store->SaveRun({"r" + std::to_string(i), job.id, "running", 1, i, 0, "", "", "{}"});
  }
  store->SaveRun({"r5", job.id, "failed", 2, 5, 9, "LK-5001", "why", "{}"});
  const auto runs = store->ListRuns(job.id, 10);
  ASSERT_EQ(runs.size(), 3u);
  EXPECT_EQ(runs[0].id, "r5");
  EXPECT_EQ(runs[0].state, "failed");
  EXPECT_EQ(runs[2].id, "r3");
  EXPECT_EQ(store->ListRuns(job.id, 1).size(), 1u);
  EXPECT_EQ(CodeOf([&] { store->SaveRun({"x", "no", "running", 1, 1, 0, "", "", ""}); }),
            "LK-2016");
  store->DeleteJob(job.id);
  EXPECT_TRUE(store->ListRuns(job.id, 10).empty());
  EXPECT_EQ(CodeOf([&] { store->DeleteJob(job.id); }), "LK-2016");
}

TEST_F(MetadataStoreTest, KeepsTokensAndValues) {
  auto store = Open();
  store->SaveToken({"1", "hash", "ann", "admin", "laptop", 5, 0});
  EXPECT_EQ(store->FindTokenByHash("hash")->principal, "ann");
  EXPECT_FALSE(store->FindTokenByHash("other"));
  EXPECT_EQ(CodeOf([&] { store->SaveToken({"2", "hash", "bob", "", "", 6, 0}); }), "LK-2013");
  EXPECT_EQ(store->ListTokens().size(), 1u);
  store->DeleteToken("1");
  EXPECT_EQ(CodeOf([&] { store->DeleteToken("1"); }), "LK-2017");
  EXPECT_FALSE(store->GetValue("bootstrap"));
  store->SetValue("bootstrap", "done");
  store->SetValue("bootstrap", "again");
  EXPECT_EQ(store->GetValue("bootstrap"), "again");
  store->Ping();
}

TEST_F(MetadataStoreTest, WritesOfManyThreadsAllStay) {
  SqliteStoreOptions options;
  options.max_queued_writes = 4;
  auto store = Open(options);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        const std::string name = std::to_string(t) + "_" + std::to_string(i);
        store->CreateCatalog(name, false);
        EXPECT_EQ(CodeOf([&] { store->CreateCatalog(name, false); }), "LK-2013");
        store->GetValue(name);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Open()->ListCatalogs().size(), 200u);
}

TEST_F(MetadataStoreTest, WorksInMemory) {
  auto store = OpenSqliteMetadataStore(":memory:", clock_, random_);
  store->CreateCatalog("lake", false);
  EXPECT_EQ(store->ListCatalogs().size(), 1u);
}

TEST_F(MetadataStoreTest, RefusesANewerSchema) {
  Open();
  Tamper("INSERT INTO schema_migrations VALUES (99, 'future', 'x', 1)");
  EXPECT_EQ(CodeOf([&] { Open(); }), "LK-2020");
}

TEST_F(MetadataStoreTest, RefusesAChangedMigrationAndForeignFiles) {
  Open();
  Tamper("UPDATE schema_migrations SET checksum = 'x' WHERE number = 2");
  EXPECT_EQ(CodeOf([&] { Open(); }), "LK-2021");
  const std::string foreign = directory_ / "foreign.db";
  std::ofstream(foreign) << std::string(8192, 'x');
  EXPECT_EQ(CodeOf([&] { OpenSqliteMetadataStore(foreign, clock_, random_); }), "LK-2021");
}

TEST_F(MetadataStoreTest, RefusesTheDatabaseOfAnotherProgram) {
  Tamper("CREATE TABLE theirs (a)");
  EXPECT_EQ(CodeOf([&] { Open(); }), "LK-2021");
}

TEST_F(MetadataStoreTest, SaysWhenItIsLockedOrOutOfReach) {
  SqliteStoreOptions options;
  options.busy_timeout_ms = 1;
  auto store = Open(options);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(CodeOf([&] { store->SetValue("a", "b"); }), "LK-2022");
  sqlite3_close(other);
  store->SetValue("a", "b");
  EXPECT_EQ(store->GetValue("a"), "b");
  EXPECT_EQ(CodeOf([&] { OpenSqliteMetadataStore(directory_ / "no/such/file", clock_, random_); }),
            "LK-2023");
}

}  // namespace
}  // namespace lakehouse::catalog
