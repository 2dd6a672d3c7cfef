// What a transaction refuses before it writes, and what may stand after a winner's commit.
#include <gtest/gtest.h>

#include <cstdio>
#include <tuple>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "lossy_store.h"
#include "storage/delta/delta_table.h"
#include "storage/delta/log/protocol.h"

namespace lakehouse::storage::delta {
namespace {

const StorageContext kContext{&SystemClock(), &SystemRandom()};

NewFile File(const std::string& path) {
  NewFile file{path, 100, 1, {}, {}};
  file.stats.num_records = 10;
  return file;
}

class CommitRules : public testing::Test {
 protected:
  CommitRules() {
    CreateTableOptions options;
    options.schema = {{{"id", DataType::Primitive(TypeId::kLong), true, {}}}};
    table_ =
        CreateTable(location_, kContext, options, {.operation = "CREATE TABLE"}, {File("first")});
  }
  CommitResult Append(const std::string& path) {
    const auto transaction = table_->Begin(table_->Latest());
    transaction->AddFile(File(path));
    return transaction->Commit({});
  }
  std::string LogPath(int64_t version, const char* ending) {
    char name[64];
    std::snprintf(name, sizeof(name), "t/_delta_log/%020ld%s", version, ending);
    return name;
  }

  std::shared_ptr<io::ObjectStore> store_ = io::MakeMemoryStore();
  io::Location location_{store_, "t"};
  std::shared_ptr<Table> table_;
};

TEST_F(CommitRules, AFileIsNeverTwiceInTheLog) {
  const auto transaction = table_->Begin(table_->Latest());
  transaction->AddFile(File("a"));
  EXPECT_EQ(CodeOf([&] { transaction->AddFile(File("a")); }), "LK-3022");
  EXPECT_EQ(CodeOf([&] { transaction->AddFile(File("first")); }), "LK-3022");
  EXPECT_EQ(CodeOf([&] { transaction->AddFile(File("")); }), "LK-3022");
  transaction->RemoveFile(0);
  EXPECT_EQ(CodeOf([&] { transaction->RemoveFile(0); }), "LK-3022");
  transaction->RemoveAllFiles();
  EXPECT_EQ(transaction->Commit({}).outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(table_->Latest()->file_count(), 1u);
}

TEST_F(CommitRules, TwoWritersOfTheSameFileNameDoNotBothCommit) {
  const auto base = table_->Latest();
  ASSERT_EQ(Append("same").outcome, CommitOutcome::kCommitted);
  const auto late = table_->Begin(base);
  late->AddFile(File("same"));
  EXPECT_EQ(late->Commit({}).outcome, CommitOutcome::kConflict);
}

TEST_F(CommitRules, TheSameNewFeatureFromTwoWritersIsNoConflict) {
  const auto base = table_->Latest();
  for (const char* name : {"a", "b"}) {
    const auto transaction = table_->Begin(base);
    transaction->AddFile(File(name));
    transaction->SetDomain(std::string("lakehouse.") + name, "{}");
    EXPECT_EQ(transaction->Commit({}).outcome, CommitOutcome::kCommitted);
  }
  const auto latest = table_->Latest();
  EXPECT_EQ(latest->domains().size(), 2u);
  EXPECT_EQ(latest->protocol().min_reader_version, 1);
  EXPECT_EQ(latest->protocol().min_writer_version, 7);
}

TEST_F(CommitRules, TheProtocolsOwnDomainsAreRefused) {
  const auto transaction = table_->Begin(table_->Latest());
  EXPECT_EQ(CodeOf([&] { transaction->SetDomain("delta.rowTracking", "{}"); }), "LK-3020");
  EXPECT_EQ(CodeOf([&] { transaction->RemoveDomain("delta.rowTracking"); }), "LK-3020");
  for (const char* text :
       {"{}", R"({"clusteringColumns":[["no"]]})", R"({"clusteringColumns":[[1]]})"}) {
    EXPECT_EQ(CodeOf([&] { transaction->SetDomain("delta.clustering", text); }), "LK-3031") << text;
  }
}

TEST_F(CommitRules, ANewTimestampNtzColumnBringsItsFeature) {
  const auto transaction = table_->Begin(table_->Latest());
  TableMetadata metadata = table_->Latest()->metadata();
  metadata.schema.fields.push_back({"at", DataType::Primitive(TypeId::kTimestampNtz), true, {}});
  transaction->SetMetadata(metadata);
  ASSERT_EQ(transaction->Commit({}).outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(table_->Latest()->protocol().reader_features, std::vector<std::string>{"timestampNtz"});
}

TEST_F(CommitRules, PropertiesOfFeaturesThatAreNotThereAreRefused) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"delta.enableIcebergCompatV1", "true", "LK-3020"},
      {"delta.enableIcebergCompatV2", "true", "LK-3020"},
      {"delta.enableVariantShredding", "true", "LK-3020"},
      {"delta.feature.catalogManaged", "supported", "LK-3020"},
      {"delta.feature.nobodyKnows", "supported", "LK-3020"},
      {"delta.feature.deletionVectors", "yes", "LK-3030"},
      {"delta.minWriterVersion", "8", "LK-3030"},
      {"delta.minReaderVersion", "x", "LK-3030"}};
  for (const auto& [key, value, code] : cases) {
    CreateTableOptions options;
    options.schema = {{{"id", DataType::Primitive(TypeId::kLong), true, {}}}};
    options.properties[key] = value;
    const io::Location other{store_, "u"};
    EXPECT_EQ(CodeOf([&] { CreateTable(other, kContext, options, {}); }), code) << key;
    EXPECT_FALSE(IsDeltaTable(other));
  }
}

TEST_F(CommitRules, ADeletionVectorWithoutItsFeatureBreaksTheProtocol) {
  store_->Write(LogPath(1, ".json"),
                R"({"add":{"path":"x","deletionVector":{"storageType":"i","pathOrInlineDv":"",)"
                R"("sizeInBytes":0,"cardinality":0},"partitionValues":{}}})");
  EXPECT_EQ(CodeOf([&] { OpenTable(location_, kContext); }), "LK-3003");
}

TEST_F(CommitRules, ATableMadeAnewUnderUsIsSeen) {
  ASSERT_EQ(Append("a").version, 1);
  for (const char* name :
       {"t/_delta_log/00000000000000000000.json", "t/_delta_log/00000000000000000001.json"}) {
    store_->Delete(name);
  }
  EXPECT_EQ(CodeOf([&] { table_->Latest(); }), "LK-3001");
}

TEST_F(CommitRules, VersionsBeforeTheOldestCheckpointAreNamedAsNotThere) {
  for (int i = 1; i <= 4; ++i) ASSERT_EQ(Append("f" + std::to_string(i)).version, i);
  EXPECT_EQ(table_->Checkpoint(), 4);
  ASSERT_EQ(Append("f5").version, 5);
  for (int i = 0; i < 3; ++i) store_->Delete(LogPath(i, ".json"));
  const auto table = OpenTable(location_, kContext);
  EXPECT_EQ(table->Latest()->file_count(), 6u);
  EXPECT_EQ(table->At(4)->file_count(), 5u);
  for (const int64_t version : {-1, 0, 3, 6}) {
    EXPECT_EQ(CodeOf([&] { table->At(version); }), "LK-3004") << version;
  }
}

TEST_F(CommitRules, ACheckpointAndItsJsonGiveTheSameState) {
  ASSERT_EQ(Append("a").version, 1);
  EXPECT_EQ(table_->Checkpoint(), 1);
  ASSERT_TRUE(store_->Head(LogPath(1, ".checkpoint.parquet")));
  const auto with = OpenTable(location_, kContext)->Latest();
  store_->Delete(LogPath(1, ".checkpoint.parquet"));
  const auto without = OpenTable(location_, kContext)->Latest();
  EXPECT_EQ(with->metadata(), without->metadata());
  EXPECT_EQ(with->protocol(), without->protocol());
  // Commits of one millisecond are told apart by what is listed before them: at most 1 ms each.
  EXPECT_NEAR(static_cast<double>(with->timestamp_ms()),
              static_cast<double>(without->timestamp_ms()), 1.0);
  ASSERT_EQ(with->file_count(), without->file_count());
  EXPECT_EQ(with->file(1).path, without->file(1).path);
  EXPECT_EQ(with->total_records(), without->total_records());
}

/// Lists as a directory does into which a writer puts files meanwhile: without one of them.
class OverlookingStore : public LossyStore {
 public:
  using LossyStore::LossyStore;
  std::vector<io::ObjectInfo> List(std::string_view directory,
                                   const io::ListOptions& options) override {
    auto objects = LossyStore::List(directory, options);
    std::erase_if(objects, [](const auto& object) {
      return object.path.find("00000000000000000002.json") != std::string::npos;
    });
    return objects;
  }
};

TEST_F(CommitRules, ACommitThatAListingOverlooksIsFound) {
  for (int i = 1; i <= 3; ++i) ASSERT_EQ(Append("f" + std::to_string(i)).version, i);
  const io::Location other{std::make_shared<OverlookingStore>(store_), "t"};
  EXPECT_EQ(OpenTable(other, kContext)->Latest()->file_count(), 4u);
  store_->Delete(LogPath(2, ".json"));
  EXPECT_EQ(CodeOf([&] { OpenTable(other, kContext); }), "LK-3003");
}

TEST(Protocols, DroppedFeaturesAreNoExtension) {
  const Protocol base{1, 7, {}, {"appendOnly", "domainMetadata"}};
  EXPECT_TRUE(Extends(base, base));
  EXPECT_TRUE(Extends(Protocol{}, base));
  EXPECT_FALSE(Extends(base, Protocol{1, 7, {}, {"appendOnly"}}));
  EXPECT_FALSE(Extends(base, Protocol{1, 2, {}, {}}));
}

}  // namespace
}  // namespace lakehouse::storage::delta
