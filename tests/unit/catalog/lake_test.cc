#include "catalog/lake.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/clock.h"
#include "base/random.h"
#include "catalog/folder_name.h"
#include "error_code.h"
#include "io/fault_store.h"
#include "storage/schema.h"
#include "temporary_directory.h"

namespace lakehouse::catalog {
namespace {

using security::Principal;

/// Knows nothing of what belongs to "hidden".
class HidingAuthorizer : public Authorizer {
 public:
  Decision Authorize(const Principal& principal, Action action, const Securable& object) override {
    if (object.owner == "hidden" && principal.name != "hidden") return {};
    return owners_->Authorize(principal, action, object);
  }

 private:
  std::unique_ptr<Authorizer> owners_ = MakeOwnerAuthorizer();
};

class LakeTest : public testing::Test {
 protected:
  LakeTest() { Reopen(); }

  void Reopen() {
    lake_.reset();
    Lake::Parts parts;
    parts.metadata = OpenSqliteMetadataStore(directory_ / database_, SystemClock(), random_);
    parts.stores = std::make_shared<io::Stores>(root_, std::vector<std::string>{outside_.path()});
    parts.authorizer = std::make_shared<HidingAuthorizer>();
    parts.audit = audit_;
    parts.storage = {&SystemClock(), &random_};
    parts.table_cache_entries = 2;
    lake_ = std::make_unique<Lake>(std::move(parts));
  }
  CreateTableRequest Request(const std::string& name, const std::string& location = "") {
    CreateTableRequest request;
    request.name = Name(name);
    request.options.schema.fields = {
        {"id", storage::DataType::Primitive(storage::TypeId::kLong), true, {}}};
    request.location = location;
    request.description.operation = "CREATE TABLE";
    return request;
  }
  static ObjectName Name(const std::string& text) {
    return ObjectName::Parse(text, "lake", "main");
  }
  bool Create(const std::string& name, const std::string& location = "") {
    return lake_->CreateTable(admin_, Request(name, location));
  }
  std::string HintOf(const std::string& name) {
    try {
      lake_->Resolve(user_, Action::kBrowse, Name(name));
    } catch (const Error& error) {
      return error.hint();
    }
    return "";
  }

  TemporaryDirectory directory_;
  TemporaryDirectory outside_;
  std::string database_ = "metadata.db";
  std::shared_ptr<io::ObjectStore> root_ = io::MakeMemoryStore("lake");
  SeededRandom random_{3};
  std::shared_ptr<security::MemoryAuditLog> audit_ = std::make_shared<security::MemoryAuditLog>();
  std::unique_ptr<Lake> lake_;
  const Principal admin_ = security::LocalPrincipal();
  const Principal user_{"ann", {}};
};

TEST_F(LakeTest, StartsWithTheDefaultSchemasOnce) {
  EXPECT_EQ(lake_->ListCatalogs(user_), std::vector<std::string>{"lake"});
  EXPECT_EQ(lake_->ListSchemas(user_, "lake").size(), 4u);
  lake_->DropSchema(admin_, "lake", "gold", false, false);
  Reopen();
  EXPECT_EQ(lake_->ListSchemas(user_, "LAKE").size(), 3u);
}

TEST_F(LakeTest, CreatesFindsAndDropsTables) {
  const uint64_t before = lake_->change_count();
  EXPECT_TRUE(Create("bronze.Flights"));
  EXPECT_GT(lake_->change_count(), before);
  EXPECT_EQ(CodeOf([&] { Create("bronze.FLIGHTS"); }), "LK-2013");
  auto again = Request("bronze.flights");
  again.if_not_exists = true;
  EXPECT_FALSE(lake_->CreateTable(admin_, again));
  Reopen();
  const auto found = lake_->Resolve(admin_, Action::kSelect, Name("bronze.flights"));
  EXPECT_EQ(found.info.location, "bronze/flights");
  EXPECT_EQ(found.info.owner, "local");
  EXPECT_EQ(found.table->Latest()->version(), 0);
  EXPECT_EQ(found.table->Latest()->metadata().name, "Flights");
  EXPECT_EQ(lake_->Find(admin_, Action::kSelect, Name("bronze.flights"))->table, found.table);
  EXPECT_EQ(lake_->ListObjects(user_, "lake", "bronze").size(), 1u);
  EXPECT_EQ(
      CodeOf([&] { lake_->Drop(admin_, Name("bronze.flights"), ObjectKind::kView, false, false); }),
      "LK-2025");
  EXPECT_TRUE(lake_->Drop(admin_, Name("bronze.flights"), ObjectKind::kTable, false, true));
  EXPECT_TRUE(root_->List("", {"", true}).empty());
  EXPECT_FALSE(lake_->Drop(admin_, Name("bronze.flights"), ObjectKind::kTable, true, false));
  EXPECT_TRUE(Create("bronze.flights"));
}

TEST_F(LakeTest, PointsToDataThatADroppedTableLeft) {
  Create("t");
  lake_->Drop(admin_, Name("t"), ObjectKind::kTable, false, false);
  EXPECT_EQ(CodeOf([&] { Create("t"); }), "LK-3006");
  EXPECT_EQ(CodeOf([&] { lake_->PlanTable(admin_, Name("t"), ""); }), "LK-3006");
  EXPECT_EQ(lake_->RegisterTable(admin_, Name("t2"), "main/t").location, "main/t");
  EXPECT_EQ(CodeOf([&] { lake_->RegisterTable(admin_, Name("t3"), "main/t"); }), "LK-2013");
  EXPECT_EQ(CodeOf([&] { lake_->RegisterTable(admin_, Name("t3"), "main/none"); }), "LK-3001");
}

/// Creates table t on a store that crashes at each call, before or after its work; then opens anew.
TEST_F(LakeTest, ACreationThatWasCutIsCompletedOrCanBeRepeated) {
  const auto memory = root_;
  int completed = 0;
  bool crashed = true;
  for (int64_t call = 0; crashed; ++call) {
    for (const auto effect : {io::Fault::Effect::kCrash, io::Fault::Effect::kCrashDone}) {
      const std::string name =
          "t" + std::to_string(call) + (effect == io::Fault::Effect::kCrash ? "a" : "b");
      const auto store = std::make_shared<io::FaultStore>(memory, SystemClock());
      root_ = store;
      Reopen();
      io::Fault crash;
      crash.effect = effect;
      crash.first_call = store->calls() + call;
      store->Inject(crash);
      try {
        Create(name);
      } catch (const io::SimulatedCrash&) {
      }
      crashed = store->crashed();
      root_ = memory;
      Reopen();
      const bool there = lake_->Find(admin_, Action::kSelect, Name(name)).has_value();
      completed += there && crashed ? 1 : 0;
      EXPECT_EQ(CodeOf([&] { Create(name); }), there ? "LK-2013" : "") << name;
      EXPECT_EQ(lake_->Resolve(admin_, Action::kSelect, Name(name)).table->Latest()->version(), 0);
    }
  }
  EXPECT_GT(completed, 0);
  // What was dropped is not taken for a creation that was cut.
  lake_->Drop(admin_, Name("t0a"), ObjectKind::kTable, false, false);
  Reopen();
  EXPECT_FALSE(lake_->Find(admin_, Action::kSelect, Name("t0a")).has_value());
  EXPECT_EQ(CodeOf([&] { Create("t0a"); }), "LK-3006");
}

/// Does something to the lakehouse where a store would be slow.
class ActingClock : public ManualClock {
 public:
  ActingClock() : ManualClock(0) {}
  void SleepMs(int64_t) override { act(); }
  std::function<void()> act;
};

TEST_F(LakeTest, ATableWhoseNameCannotBeStoredIsNoFailure) {
  ActingClock clock;
  const auto store = std::make_shared<io::FaultStore>(root_, clock);
  root_ = store;
  Reopen();
  clock.act = [&] {
    if (lake_->metadata().FindSchema("lake", "main"))
      lake_->metadata().DropSchema("lake", "main", true);
  };
  io::Fault slow;
  slow.effect = io::Fault::Effect::kDelay;
  slow.delay_ms = 1;
  slow.writes_only = true;
  store->Inject(slow);
  EXPECT_EQ(CodeOf([&] { Create("t"); }), "LK-2026");
  EXPECT_EQ(lake_->RegisterTable(admin_, Name("bronze.t"), "main/t").location, "main/t");
}

TEST_F(LakeTest, ARenamedTableKeepsItsFolder) {
  Create("t");
  lake_->Rename(admin_, Name("t"), Name("silver.old"));
  EXPECT_EQ(lake_->PlanTable(admin_, Name("t"), "").path, "main/t-2");
  EXPECT_TRUE(Create("t"));
  EXPECT_EQ(lake_->Resolve(admin_, Action::kSelect, Name("silver.old")).info.location, "main/t");
  EXPECT_EQ(lake_->Resolve(admin_, Action::kSelect, Name("t")).info.location, "main/t-2");
}

TEST_F(LakeTest, KeepsTablesApart) {
  Create("t");
  EXPECT_EQ(CodeOf([&] { Create("u", "main/t/inside"); }), "LK-2015");
  EXPECT_EQ(CodeOf([&] { Create("u", "_lakehouse/u"); }), "LK-2015");
  Create("inner", "outer/a/b");
  Create("outer", "outer/a");
  EXPECT_EQ(CodeOf([&] { lake_->Drop(admin_, Name("outer"), ObjectKind::kTable, false, true); }),
            "LK-2019");
  EXPECT_TRUE(lake_->Find(admin_, Action::kSelect, Name("outer")));
}

TEST_F(LakeTest, NeverPurgesOutsideOfTheDataRoot) {
  Create("ext", outside_ / "ext");
  EXPECT_EQ(CodeOf([&] { lake_->Drop(admin_, Name("ext"), ObjectKind::kTable, false, true); }),
            "LK-2019");
  EXPECT_TRUE(lake_->Drop(admin_, Name("ext"), ObjectKind::kTable, false, false));
  EXPECT_TRUE(lake_->ResolvePath(admin_, Action::kSelect, outside_ / "ext").table);
}

TEST_F(LakeTest, RefusesPlacesOutsideOfTheAllowedOnes) {
  EXPECT_EQ(CodeOf([&] { Create("t", "/etc/lake"); }), "LK-8009");
}

TEST_F(LakeTest, RefusesFilesThatLieElsewhere) {
  storage::NewFile file;
  file.path = "part-0.parquet";
  EXPECT_EQ(CodeOf([&] { lake_->CreateTable(admin_, Request("t"), {file}); }), "LK-2018");
  EXPECT_FALSE(lake_->Find(admin_, Action::kSelect, Name("t")));
}

TEST_F(LakeTest, DeniesWhoIsNotTheOwner) {
  Create("t");
  const auto denied = [&](auto work) { EXPECT_EQ(CodeOf(work), "LK-2101"); };
  denied([&] { lake_->Resolve(user_, Action::kSelect, Name("t")); });
  denied([&] { lake_->ResolvePath(user_, Action::kSelect, "main/t"); });
  denied([&] { lake_->ResolvePath(user_, Action::kSelect, "main/none"); });
  denied([&] { lake_->CreateTable(user_, Request("u")); });
  denied([&] { lake_->PlanTable(user_, Name("u"), ""); });
  denied([&] { lake_->RegisterTable(user_, Name("u"), "main/t"); });
  denied([&] { lake_->CreateView(user_, Name("v"), "SELECT 1", "", false, false); });
  denied([&] { lake_->Drop(user_, Name("t"), ObjectKind::kTable, false, false); });
  denied([&] { lake_->Rename(user_, Name("t"), Name("u")); });
  denied([&] { lake_->SetComment(user_, Name("t"), "x"); });
  denied([&] { lake_->CreateCatalog(user_, "c", false); });
  denied([&] { lake_->CreateSchema(user_, "lake", "s", "", false); });
  denied([&] { lake_->DropSchema(user_, "lake", "main", true, false); });
  denied([&] { lake_->Rebuild(user_, true); });
  lake_->CreateSchema(user_, "lake", "main", "", true);
  EXPECT_TRUE(lake_->Find(user_, Action::kBrowse, Name("t")));
}

TEST_F(LakeTest, LeavesOneAuditRecordADecision) {
  Create("t");
  audit_->records.clear();
  lake_->Resolve(admin_, Action::kSelect, Name("t"));
  ASSERT_EQ(audit_->records.size(), 1u);
  EXPECT_EQ(audit_->records[0].action, "select");
  EXPECT_EQ(audit_->records[0].object, "lake.main.t");
  EXPECT_TRUE(audit_->records[0].allowed);
  CodeOf([&] { lake_->Resolve(user_, Action::kModify, Name("t")); });
  ASSERT_EQ(audit_->records.size(), 2u);
  EXPECT_FALSE(audit_->records[1].allowed);
  EXPECT_EQ(audit_->records[1].principal, "ann");
  lake_->ListObjects(user_, "lake", "main");
  EXPECT_EQ(audit_->records.size(), 3u);
}

TEST_F(LakeTest, HidesWhatMayNotBeBrowsed) {
  Create("flights");
  ObjectInfo secret;
  secret.name = Name("flight");
  secret.kind = ObjectKind::kView;
  secret.owner = "hidden";
  lake_->metadata().CreateObject(secret, false);
  EXPECT_EQ(lake_->ListObjects(user_, "lake", "main").size(), 1u);
  EXPECT_EQ(CodeOf([&] { lake_->Resolve(user_, Action::kSelect, Name("flight")); }), "LK-2012");
  EXPECT_EQ(HintOf("flight"), "Did you mean \"flights\"?");
  EXPECT_EQ(HintOf("silver.flights"), "Did you mean lake.main.flights?");
  EXPECT_EQ(CodeOf([&] { lake_->Resolve(user_, Action::kSelect, Name("mian.t")); }), "LK-2011");
  EXPECT_EQ(HintOf("mian.t"), "Did you mean \"main\"?");
  EXPECT_EQ(CodeOf([&] { lake_->ListSchemas(user_, "lak"); }), "LK-2010");
}

TEST_F(LakeTest, KeepsViewsAndComments) {
  lake_->CreateView(admin_, Name("v"), "SELECT 1", "", false, false);
  lake_->CreateView(admin_, Name("v"), "SELECT 9", "", false, true);
  EXPECT_EQ(CodeOf([&] { lake_->CreateView(admin_, Name("v"), "x", "", false, false); }),
            "LK-2013");
  lake_->CreateView(admin_, Name("v"), "SELECT 2", "", true, false);
  lake_->SetComment(admin_, Name("v"), "two");
  const auto view = lake_->Resolve(admin_, Action::kSelect, Name("v"));
  EXPECT_EQ(view.info.view_sql, "SELECT 2");
  EXPECT_EQ(view.info.comment, "two");
  EXPECT_FALSE(view.table);
  EXPECT_EQ(CodeOf([&] { lake_->DropSchema(admin_, "lake", "main", false, false); }), "LK-2014");
  EXPECT_TRUE(lake_->Drop(admin_, Name("v"), ObjectKind::kView, false, false));
}

TEST_F(LakeTest, RebuildFindsTablesAgain) {
  Create("bronze.Flights");
  lake_->CreateSchema(admin_, "lake", "Odd Name", "", false);
  Create("\"odd name\".\"a b\"");
  Create("deep", "x/y/z");
  database_ = "new.db";
  Reopen();
  const auto dry = lake_->Rebuild(admin_, true);
  EXPECT_EQ(dry.registered.size(), 2u);
  EXPECT_FALSE(lake_->Find(admin_, Action::kSelect, Name("bronze.flights")));
  const auto report = lake_->Rebuild(admin_, false);
  ASSERT_EQ(report.registered.size(), 2u);
  EXPECT_EQ(report.registered[0].ToString(), "lake.bronze.Flights");
  EXPECT_EQ(report.registered[1].ToString(), "lake.\"odd name\".\"a b\"");
  ASSERT_EQ(report.skipped.size(), 1u);
  EXPECT_TRUE(report.skipped[0].starts_with("x/y/z: "));
  EXPECT_TRUE(lake_->Resolve(admin_, Action::kSelect, Name("bronze.flights")).table);
  EXPECT_TRUE(lake_->Rebuild(admin_, false).registered.empty());
}

TEST(FolderName, IsOnePerNameAndSafe) {
  EXPECT_EQ(FolderName("Flights"), "flights");
  EXPECT_EQ(FolderName("_lakehouse"), "~5flakehouse");
  EXPECT_EQ(FolderName("a b%"), "a~20b~25");
  EXPECT_EQ(NameOfFolder("a~20b~25"), "a b%");
  EXPECT_EQ(NameOfFolder("a~2"), "a~2");
  const std::string longest(255, '*');
  EXPECT_LE(FolderName(longest).size(), 200u);
  EXPECT_NE(FolderName(longest), FolderName(longest.substr(1)));
}

}  // namespace
}  // namespace lakehouse::catalog
