// Row ids, commit versions and in-commit timestamps, also of commits that had to be placed anew.
#include <set>

#include "commit_race.h"
#include "storage/delta/commit/row_tracking.h"
#include "storage/delta/log/log.h"
#include "storage/delta/log/stats_json.h"

namespace lakehouse::storage::delta {
namespace {

class RowIds : public CommitRace {
 protected:
  static constexpr char kOn[] = "delta.enableRowTracking";
  /// No row id is given twice, and none is above the mark.
  void ExpectUnique() {
    const auto latest = OpenTable(location_, context_)->Latest();
    std::set<int64_t> ids;
    for (size_t i = 0; i < latest->file_count(); ++i) {
      const AddFile& add = dynamic_cast<const DeltaSnapshot&>(*latest).add(i);
      ASSERT_TRUE(add.base_row_id && add.default_row_commit_version) << add.path;
      EXPECT_LE(*add.default_row_commit_version, latest->version());
      for (int64_t row = 0; row < ParseRecordCount(add.stats); ++row) {
        EXPECT_TRUE(ids.insert(*add.base_row_id + row).second) << add.path;
      }
    }
    EXPECT_EQ(RowIdMarkOf(latest->domains()), *ids.rbegin());
  }
  CommitResult Set(const std::string& key, const std::string& value) {
    const auto transaction = Begin();
    TableMetadata metadata = transaction->base()->metadata();
    metadata.properties[key] = value;
    transaction->SetMetadata(std::move(metadata));
    return transaction->Commit({});
  }
  Actions CommitOf(int64_t version) {
    return ParseCommit(Log(location_).ReadCommit(version), "commit");
  }
};

TEST_F(RowIds, AreGivenToEveryFileFromTheFirst) {
  Create({{kOn, "true"}});
  ExpectUnique();
  EXPECT_EQ(table_->Latest()->protocol().min_reader_version, 1);
  EXPECT_EQ(table_->Latest()->protocol().writer_features,
            (std::vector<std::string>{"domainMetadata", "rowTracking"}));
  const auto& properties = table_->Latest()->metadata().properties;
  EXPECT_TRUE(
      properties.at("delta.rowTracking.materializedRowIdColumnName").starts_with("_row-id-col-"));
  const auto transaction = Begin();
  transaction->AddFile(File("more", 0));
  ASSERT_EQ(transaction->Commit({}).version, 1);
  ExpectUnique();
  EXPECT_EQ(Add(*table_->Latest(), "more").base_row_id, 20);
  EXPECT_EQ(Add(*table_->Latest(), "more").default_row_commit_version, 1);
}

TEST_F(RowIds, AreGivenAnewAfterAnotherCommit) {
  Create({{kOn, "true"}});
  const auto first = Begin(), second = Begin();
  first->AddFile(File("a", 0));
  second->AddFile(File("b", 0));
  ASSERT_EQ(first->Commit({}).version, 1);
  ASSERT_EQ(second->Commit({}).version, 2);
  ExpectUnique();
  EXPECT_EQ(Add(*table_->Latest(), "b").default_row_commit_version, 2);
}

TEST_F(RowIds, AreGivenToOldFilesWhenTheyAreSwitchedOn) {
  Create({});
  ASSERT_EQ(Set(kOn, "true").outcome, CommitOutcome::kCommitted);
  ExpectUnique();
  EXPECT_FALSE(CommitOf(1).adds.at(0)->data_change);
  ASSERT_EQ(Set("owner", "red").outcome, CommitOutcome::kCommitted);
  EXPECT_TRUE(CommitOf(2).adds.empty());
}

TEST_F(RowIds, ThatComeWithAFileAreKept) {
  Create({{kOn, "true"}});
  const auto transaction = Begin();
  NewFile file = File("old", 0);
  file.base_row_id = 500;
  file.default_row_commit_version = 0;
  transaction->AddFile(file);
  transaction->AddFile(File("new", 0));
  ASSERT_EQ(transaction->Commit({}).outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(Add(*table_->Latest(), "old").base_row_id, 500);
  EXPECT_EQ(Add(*table_->Latest(), "new").base_row_id, 510);
  ExpectUnique();
}

TEST_F(RowIds, NeedARecordCountAndAWriterThatKeepsThem) {
  Create({{kOn, "true"}});
  const auto bare = Begin();
  NewFile file = File("bare", 0);
  file.stats = {};
  bare->AddFile(file);
  EXPECT_EQ(CodeOf([&] { bare->Commit({}); }), "LK-3022");
  const auto copies = Begin();
  copies->RemoveFile(0);
  copies->AddFile(File("copy", 0));
  EXPECT_EQ(CodeOf([&] { copies->Commit({}); }), "LK-3020");
  RowRules kept;
  kept.row_ids = true;
  copies->KeepRules(kept);
  EXPECT_EQ(copies->Commit({}).outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(table_->History(1).front().tags.at("delta.rowTracking.preserved"), "true");
}

TEST_F(RowIds, AreNotGivenWhileSuspended) {
  Create({{"delta.feature.rowTracking", "supported"}, {"delta.rowTrackingSuspended", "true"}});
  EXPECT_FALSE(Add(*table_->Latest(), "low").base_row_id);
  EXPECT_EQ(table_->Latest()->metadata().properties.count("delta.feature.rowTracking"), 0u);
  EXPECT_EQ(CodeOf([] { ParseRowIdMark("{}"); }), "LK-3003");
}

using InCommitTimestamps = RowIds;

TEST_F(InCommitTimestamps, GrowAlsoWhenTheClockGoesBack) {
  ManualClock clock(1'000'000);
  const StorageContext context{&clock, &SystemRandom()};
  CreateTableOptions options;
  options.schema = {{{"id", DataType::Primitive(TypeId::kLong), true, {}}}};
  options.properties["delta.enableInCommitTimestamps"] = "true";
  table_ = CreateTable(location_, context, options, {});
  EXPECT_EQ(CommitOf(0).in_commit_timestamp, 1'000'000);
  const auto first = Begin(), second = Begin();
  first->AddFile(File("a", 0));
  second->AddFile(File("b", 0));
  ASSERT_EQ(first->Commit({}).outcome, CommitOutcome::kCommitted);
  ASSERT_EQ(second->Commit({}).outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(CommitOf(1).in_commit_timestamp, 1'000'001);
  EXPECT_EQ(CommitOf(2).in_commit_timestamp, 1'000'002);
  EXPECT_EQ(table_->Latest()->timestamp_ms(), 1'000'002);
  EXPECT_EQ(table_->AtTimestamp(1'000'001)->version(), 1);
}

TEST_F(InCommitTimestamps, SayWhereTheyBegin) {
  Create({});
  const auto late = Begin();
  late->AddFile(File("late", 0));
  ASSERT_EQ(Set("delta.enableInCommitTimestamps", "true").version, 1);
  const auto& properties = table_->Latest()->metadata().properties;
  EXPECT_EQ(properties.at("delta.inCommitTimestampEnablementVersion"), "1");
  EXPECT_EQ(properties.at("delta.inCommitTimestampEnablementTimestamp"),
            std::to_string(*CommitOf(1).in_commit_timestamp));
  EXPECT_GT(*CommitOf(1).in_commit_timestamp, table_->At(0)->timestamp_ms());
  ASSERT_EQ(late->Commit({}).version, 2);
  EXPECT_GT(*CommitOf(2).in_commit_timestamp, *CommitOf(1).in_commit_timestamp);
  EXPECT_EQ(table_->Latest()->timestamp_ms(), *CommitOf(2).in_commit_timestamp);
}

}  // namespace
}  // namespace lakehouse::storage::delta
