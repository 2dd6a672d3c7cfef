#include "catalog/lake.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "temporary_directory.h"

namespace lakehouse::catalog {
namespace {

const security::Principal kAdmin = security::LocalPrincipal();
const security::Principal kBob{"bob", {}};

class LakeTest : public testing::Test {
 protected:
  LakeTest() { Open(); }

  void Open() {
    Lake::Parts parts;
    parts.stores = std::make_shared<io::Stores>(io::MakeLocalStore(directory_ / "data"),
                                                std::vector<std::string>{directory_ / "other"});
    parts.metadata = OpenSqliteMetadataStore(":memory:", SystemClock(), SystemRandom());
    parts.authorizer = MakeOwnerAuthorizer();
    parts.audit = audit_;
    parts.storage = {&SystemClock(), &SystemRandom()};
    lake_ = std::make_unique<Lake>(std::move(parts));
    lake_->CreateSchema(kAdmin, "lake", "bronze", "", true);
  }
  CreateTableRequest Request(const std::string& name) {
    CreateTableRequest request;
    request.name = {"lake", "bronze", name};
    request.options.schema = {
        {{"id", storage::DataType::Primitive(storage::TypeId::kLong), true, {}}}};
    return request;
  }

  TemporaryDirectory directory_;
  std::shared_ptr<security::MemoryAuditLog> audit_ = std::make_shared<security::MemoryAuditLog>();
  std::unique_ptr<Lake> lake_;
};

TEST_F(LakeTest, CreatesResolvesAndDropsTables) {
  EXPECT_TRUE(lake_->CreateTable(kAdmin, Request("flights")));
  CreateTableRequest again = Request("flights");
  EXPECT_EQ(CodeOf([&] { lake_->CreateTable(kAdmin, again); }), "LK-2013");
  again.if_not_exists = true;
  EXPECT_FALSE(lake_->CreateTable(kAdmin, again));
  const auto found = lake_->Resolve(kAdmin, Action::kSelect, {"lake", "BRONZE", "Flights"});
  EXPECT_EQ(found.table->Latest()->version(), 0);
  EXPECT_EQ(found.info.owner, "local");
  EXPECT_TRUE(lake_->Drop(kAdmin, found.info.name, ObjectKind::kTable, false, true));
  EXPECT_FALSE(std::filesystem::exists(directory_ /
                                       "data/bronze/flights/_delta_log/00000000000000000000.json"));
  EXPECT_FALSE(lake_->Drop(kAdmin, found.info.name, ObjectKind::kTable, true, false));
}

TEST_F(LakeTest, WrongNamesComeWithCandidates) {
  lake_->CreateTable(kAdmin, Request("flights"));
  try {
    lake_->Resolve(kAdmin, Action::kSelect, {"lake", "bronze", "flihgts"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "LK-2012");
    EXPECT_NE(error.hint().find("flights"), std::string::npos) << error.hint();
  }
  EXPECT_EQ(CodeOf([&] { lake_->ListObjects(kAdmin, "lake", "nope"); }), "LK-2011");
  EXPECT_EQ(CodeOf([&] { lake_->ListSchemas(kAdmin, "nope"); }), "LK-2010");
}

TEST_F(LakeTest, DeniesAndRecords) {
  lake_->CreateTable(kAdmin, Request("t"));
  const ObjectName name{"lake", "bronze", "t"};
  audit_->records.clear();
  EXPECT_EQ(CodeOf([&] { lake_->Resolve(kBob, Action::kSelect, name); }), "LK-2101");
  ASSERT_FALSE(audit_->records.empty());
  EXPECT_FALSE(audit_->records.back().allowed);
  EXPECT_EQ(audit_->records.back().principal, "bob");
  EXPECT_EQ(CodeOf([&] { lake_->CreateTable(kBob, Request("u")); }), "LK-2101");
  EXPECT_EQ(CodeOf([&] { lake_->Drop(kBob, name, ObjectKind::kTable, false, true); }), "LK-2101");
  EXPECT_EQ(CodeOf([&] { lake_->ResolvePath(kBob, Action::kSelect, "bronze/t"); }), "LK-2101");
}

TEST_F(LakeTest, FindsTablesAgainWithoutTheirNames) {
  lake_->CreateTable(kAdmin, Request("a"));
  lake_->CreateTable(kAdmin, Request("b"));
  Open();  // a new, empty metadata store over the same data
  EXPECT_EQ(lake_->Rebuild(kAdmin, true).registered.size(), 2u);
  EXPECT_TRUE(lake_->ListObjects(kAdmin, "lake", "bronze").empty());
  EXPECT_EQ(lake_->Rebuild(kAdmin, false).registered.size(), 2u);
  EXPECT_EQ(lake_->ListObjects(kAdmin, "lake", "bronze").size(), 2u);
  EXPECT_TRUE(lake_->Rebuild(kAdmin, false).registered.empty());
}

TEST_F(LakeTest, APlaceBelongsToOneTable) {
  lake_->CreateTable(kAdmin, Request("t"));
  CreateTableRequest inner = Request("u");
  inner.location = "bronze/t/inner";
  EXPECT_EQ(CodeOf([&] { lake_->CreateTable(kAdmin, inner); }), "LK-2015");
}

TEST_F(LakeTest, FilesForAnotherPlaceAreRefused) {
  storage::NewFile file{"elsewhere.parquet", 1, 1, {}, {}};
  EXPECT_EQ(CodeOf([&] { lake_->CreateTable(kAdmin, Request("t"), {file}); }), "LK-2018");
}

TEST_F(LakeTest, KindsAreNotMixedUp) {
  lake_->CreateTable(kAdmin, Request("t"));
  const ObjectName name{"lake", "bronze", "t"};
  EXPECT_EQ(CodeOf([&] { lake_->Drop(kAdmin, name, ObjectKind::kView, false, false); }), "LK-2025");
}

TEST_F(LakeTest, DataOutsideIsNotPurged) {
  CreateTableRequest request = Request("t");
  request.location = directory_ / "other/t";
  lake_->CreateTable(kAdmin, request);
  EXPECT_EQ(CodeOf([&] { lake_->Drop(kAdmin, request.name, ObjectKind::kTable, false, true); }),
            "LK-2019");
}

TEST_F(LakeTest, PlacesOutsideAreRefused) {
  CreateTableRequest request = Request("t");
  request.location = "/etc/lake";
  EXPECT_EQ(CodeOf([&] { lake_->CreateTable(kAdmin, request); }), "LK-8009");
  request.location = directory_ / "other/t";
  EXPECT_TRUE(lake_->CreateTable(kAdmin, request));
  EXPECT_EQ(CodeOf([&] { lake_->RegisterTable(kAdmin, {"lake", "bronze", "x"}, "bronze/none"); }),
            "LK-3001");
}

}  // namespace
}  // namespace lakehouse::catalog
