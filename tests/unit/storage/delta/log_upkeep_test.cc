// What follows commits: checksums, log compactions, checkpoints and the cleaning of the log.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/random.h"
#include "io/local_store.h"
#include "storage/delta/checkpoint/checksum.h"
#include "storage/delta/commit/log_cleaning.h"
#include "storage/delta/commit/log_compaction.h"
#include "storage/delta/delta_table.h"
#include "storage/delta/log/actions.h"
#include "storage/delta/log/log_properties.h"
#include "storage/delta/replay/replay.h"

namespace lakehouse::storage::delta {
namespace {

const StorageContext kContext{&SystemClock(), &SystemRandom()};

class LogUpkeep : public testing::Test {
 protected:
  void Create(std::map<std::string, std::string> properties = {}) {
    CreateTableOptions options;
    options.schema = {{{"id", DataType::Primitive(TypeId::kLong), true, {}}}};
    options.properties = std::move(properties);
    table_ = CreateTable(location_, kContext, options, {.operation = "CREATE TABLE"});
  }
  void Commit() {
    const auto transaction = table_->Begin(table_->Latest());
    NewFile file{"f" + std::to_string(count_++), 100, 1, {}, {}};
    file.stats.num_records = 10;
    transaction->AddFile(file);
    if (count_ % 3 == 0) transaction->RemoveFile(0);
    transaction->SetAppTransaction("app", count_);
    ASSERT_EQ(transaction->Commit({}).outcome, CommitOutcome::kCommitted);
  }
  void CommitUpTo(int64_t version) {
    while (table_->Latest()->version() < version) Commit();
  }
  size_t CountOf(const std::string& ending) {
    size_t count = 0;
    for (const auto& object : store_->List("t/_delta_log")) count += object.path.ends_with(ending);
    return count;
  }
  std::string Paths(const Snapshot& snapshot) {
    std::string paths = std::to_string(snapshot.version()) + ":";
    for (size_t i = 0; i < snapshot.file_count(); ++i) {
      paths += " " + std::string(snapshot.file(i).path);
    }
    return paths;
  }
  std::string Latest() { return Paths(*OpenTable(location_, kContext)->Latest()); }
  int64_t Clean(int64_t days_later) {
    ManualClock clock(SystemClock().NowMs() + days_later * kDayMs);
    return CleanLog(log_, *LoadState(log_), {&clock, &SystemRandom()});
  }

  std::shared_ptr<io::ObjectStore> store_ = io::MakeMemoryStore();
  io::Location location_{store_, "t"};
  const Log log_{location_};
  std::shared_ptr<Table> table_;
  int count_ = 0;
};

TEST_F(LogUpkeep, EachCommitHasItsChecksum) {
  Create();
  CommitUpTo(12);
  for (int64_t version = 0; version <= 12; ++version) {
    const auto text = log_.FindChecksum(version);
    ASSERT_TRUE(text) << version;
    const StatePtr state = LoadState(log_, version);
    CompareWith(ParseChecksum(*text, "crc"), *state, "crc");
    const auto json = nlohmann::json::parse(*text);
    EXPECT_EQ(json["numFiles"], state->files.size());
    EXPECT_EQ(json["numMetadata"], 1);
    EXPECT_EQ(json["numProtocol"], 1);
    EXPECT_EQ(json["setTransactions"].size(), version == 0 ? 0u : 1u);
    EXPECT_EQ(json["domainMetadata"].size(), 0u);
    const Actions commit = ParseCommit(log_.ReadCommit(version), "commit");
    EXPECT_EQ(json["txnId"], commit.info->transaction_id);
  }
}

TEST_F(LogUpkeep, TheTextOfTheSchemaIsKeptLetterByLetter) {
  // Spark refuses a table whose checksum, checkpoint and commits do not say it in the same letters.
  const std::string schema =
      R"({"type":"struct","fields":[{"type":"long","name":"id","metadata":{"z":1,"a":2},)"
      R"("nullable":true}]})";
  const nlohmann::json metadata = {{"id", "m"},
                                   {"format", {{"provider", "parquet"}}},
                                   {"schemaString", schema},
                                   {"partitionColumns", nlohmann::json::array()},
                                   {"configuration", nlohmann::json::object()}};
  const nlohmann::json first = {{"metaData", metadata}};
  store_->Write("t/_delta_log/" + Log::CommitName(0),
                R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})"
                "\n" +
                    first.dump() + "\n");
  table_ = OpenTable(location_, kContext);
  CommitUpTo(12);
  const auto text_of = [&](int64_t version) -> std::string {
    return nlohmann::json::parse(*log_.FindChecksum(version))["metadata"]["schemaString"];
  };
  EXPECT_EQ(text_of(1), schema);
  EXPECT_EQ(text_of(12), schema);
  for (int64_t version = 0; version < 10; ++version) {
    store_->Delete("t/_delta_log/" + Log::CommitName(version));
  }
  EXPECT_EQ(LoadState(log_)->schema_text, schema);  // from the checkpoint of version 10
}

TEST_F(LogUpkeep, AChecksumThatIsThereStays) {
  Create();
  store_->Write("t/_delta_log/" + Log::ChecksumName(1), "{");
  const auto transaction = table_->Begin(table_->Latest());
  EXPECT_EQ(transaction->Commit({}).outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(log_.FindChecksum(1), "{");
}

TEST_F(LogUpkeep, CompactionsStandForTheirCommits) {
  Create({{"lakehouse.logCompactionInterval", "4"}});
  CommitUpTo(9);
  EXPECT_EQ(CountOf(".compacted.json"), 2u);
  const std::string before = Latest();
  for (const int64_t version : {1, 2, 4, 5, 6})
    store_->Delete(log_.PathOf(Log::CommitName(version)));
  EXPECT_EQ(Latest(), before);
  const auto snapshot = OpenTable(location_, kContext)->Latest();
  EXPECT_EQ(snapshot->transactions().at("app").version, count_);
}

TEST_F(LogUpkeep, ReconciliationKeepsWhatIsNewest) {
  const auto parse = [](const char* text) { return ParseCommit(text, "commit"); };
  std::vector<Actions> commits;
  commits.push_back(
      parse("{\"add\":{\"path\":\"f2\"}}\n{\"remove\":{\"path\":\"f1\"}}\n"
            "{\"domainMetadata\":{\"domain\":\"d\",\"configuration\":\"1\"}}"));
  commits.push_back(
      parse("{\"add\":{\"path\":\"f3\"}}\n{\"add\":{\"path\":\"f4\"}}\n"
            "{\"txn\":{\"appId\":\"a\",\"version\":4389}}"));
  commits.push_back(
      parse("{\"remove\":{\"path\":\"f3\"}}\n"
            "{\"txn\":{\"appId\":\"a\",\"version\":4390}}\n"
            "{\"domainMetadata\":{\"domain\":\"d\",\"configuration\":\"\","
            "\"removed\":true}}"));
  const Actions all = Reconcile(std::move(commits));
  ASSERT_EQ(all.adds.size(), 2u);
  EXPECT_EQ(all.adds[0]->path, "f4");
  EXPECT_EQ(all.adds[1]->path, "f2");
  ASSERT_EQ(all.removes.size(), 2u);
  EXPECT_EQ(all.removes[0].path, "f3");
  EXPECT_EQ(all.removes[1].path, "f1");
  ASSERT_EQ(all.transactions.size(), 1u);
  EXPECT_EQ(all.transactions[0].state.version, 4390);
  ASSERT_EQ(all.domains.size(), 1u);
  EXPECT_TRUE(all.domains[0].removed);
}

TEST_F(LogUpkeep, ALogIsCleanedUpToItsCheckpoint) {
  Create();
  CommitUpTo(25);
  const std::string before = Latest();
  EXPECT_EQ(Clean(29), 0);   // nothing is old enough
  EXPECT_EQ(Clean(32), 41);  // 20 commits, their checksums, and the checkpoint of version 10
  EXPECT_EQ(CountOf(".checkpoint.parquet"), 1u);
  EXPECT_TRUE(log_.FindCommit(20));
  EXPECT_FALSE(log_.FindCommit(19));
  EXPECT_EQ(Latest(), before);
  EXPECT_EQ(OpenTable(location_, kContext)->At(21)->version(), 21);
  EXPECT_EQ(Clean(32), 0);
}

TEST_F(LogUpkeep, ALogWithoutACheckpointOrWithoutLeaveStays) {
  Create({{"delta.checkpointInterval", "100"}});
  CommitUpTo(5);
  EXPECT_EQ(Clean(90), 0);
  table_->Checkpoint();
  store_->Write(log_.PathOf(Log::CheckpointName(5)), "damaged");
  EXPECT_ANY_THROW(Clean(90));
  EXPECT_TRUE(log_.FindCommit(0));
}

TEST_F(LogUpkeep, CleaningCanBeForbiddenOrSooner) {
  Create({{"delta.enableExpiredLogCleanup", "false"}});
  CommitUpTo(11);
  EXPECT_EQ(Clean(90), 0);
  const auto transaction = table_->Begin(table_->Latest());
  TableMetadata metadata = table_->Latest()->metadata();
  metadata.properties["delta.enableExpiredLogCleanup"] = "true";
  metadata.properties["delta.logRetentionDuration"] = "interval 2 days";
  transaction->SetMetadata(metadata);
  ASSERT_EQ(transaction->Commit({}).outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(Clean(1), 0);
  EXPECT_EQ(Clean(4), 20);
}

TEST_F(LogUpkeep, OldSidecarsThatNothingRefersToGo) {
  Create();
  CommitUpTo(21);
  store_->Write("t/_delta_log/_sidecars/orphan.parquet", "x");
  Clean(32);
  EXPECT_TRUE(store_->List("t/_delta_log/_sidecars").empty());
}

TEST_F(LogUpkeep, TheHeadIsReadFromAnOlderChecksumAndWhatFollows) {
  Create();
  CommitUpTo(4);
  for (const int64_t version : {3, 4}) store_->Delete(log_.PathOf(Log::ChecksumName(version)));
  EXPECT_EQ(ReadTableHead(location_).version, 4);
}

}  // namespace
}  // namespace lakehouse::storage::delta
