#include "storage/delta/delta_table.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "lossy_store.h"
#include "temporary_directory.h"

namespace lakehouse::storage::delta {
namespace {

const StorageContext kContext{&SystemClock(), &SystemRandom()};

Schema TwoColumns() {
  return {{{"id", DataType::Primitive(TypeId::kLong), true, {}},
           {"name", DataType::Primitive(TypeId::kString), true, {}}}};
}

NewFile File(const std::string& path, int64_t low = 1, int64_t high = 9) {
  NewFile file{path, 100, 1, {}, {}};
  file.stats.num_records = 10;
  file.stats.leaves[{"id"}] = {Value{low}, Value{high}, 0};
  return file;
}

class DeltaTableTest : public testing::Test {
 protected:
  std::shared_ptr<Table> Create(CreateTableOptions options = {}) {
    if (options.schema.fields.empty()) options.schema = TwoColumns();
    return CreateTable(location_, kContext, options, {.operation = "CREATE TABLE"});
  }
  CommitResult AppendFile(Table& table, const std::string& path) {
    const auto transaction = table.Begin(table.Latest());
    transaction->AddFile(File(path));
    return transaction->Commit({});
  }
  void Put(int64_t version, const std::string& text) {
    char name[32];
    std::snprintf(name, sizeof(name), "%020ld.json", version);
    store_->Write("t/_delta_log/" + std::string(name), text);
  }
  std::string OpenCode() {
    return CodeOf([&] { OpenTable(location_, kContext); });
  }

  std::shared_ptr<io::ObjectStore> inner_ = io::MakeMemoryStore();
  std::shared_ptr<LossyStore> store_ = std::make_shared<LossyStore>(inner_);
  io::Location location_{store_, "t"};
};

TEST_F(DeltaTableTest, CreatesAndReopens) {
  CreateTableOptions options;
  options.comment = "people";
  options.properties = {{"owner.team", "red"}};
  const auto table = Create(options);
  EXPECT_EQ(table->Latest()->version(), 0);
  const auto again = OpenTable(location_, kContext);
  EXPECT_EQ(again->Latest()->schema(), TwoColumns());
  EXPECT_EQ(again->Latest()->metadata().description, "people");
  EXPECT_EQ(again->Latest()->protocol().min_reader_version, 1);
  EXPECT_EQ(again->Latest()->protocol().min_writer_version, 2);
  EXPECT_EQ(CodeOf([&] { Create(); }), "LK-3006");
}

TEST_F(DeltaTableTest, NotATableIsItsOwnError) { EXPECT_EQ(OpenCode(), "LK-3001"); }

TEST_F(DeltaTableTest, AppendsAndTravelsInTime) {
  const auto table = Create();
  EXPECT_EQ(AppendFile(*table, "a.parquet").version, 1);
  EXPECT_EQ(AppendFile(*table, "b.parquet").version, 2);
  EXPECT_EQ(table->Latest()->file_count(), 2u);
  EXPECT_EQ(table->Latest()->total_records(), 20);
  EXPECT_EQ(table->At(1)->file_count(), 1u);
  EXPECT_EQ(table->At(0)->file_count(), 0u);
  EXPECT_EQ(CodeOf([&] { table->At(3); }), "LK-3004");
  const int64_t now = SystemClock().NowMs();
  EXPECT_EQ(CodeOf([&] { table->AtTimestamp(1000); }), "LK-3005");
  EXPECT_EQ(CodeOf([&] { table->AtTimestamp(now + 1'000'000); }), "LK-3005");
  EXPECT_EQ(table->History().size(), 3u);
  EXPECT_EQ(table->History(1).front().version, 2);
  EXPECT_TRUE(table->History(1).front().is_blind_append);
}

TEST_F(DeltaTableTest, OverwriteReplacesEveryFile) {
  const auto table = Create();
  AppendFile(*table, "a.parquet");
  const auto transaction = table->Begin(table->Latest());
  transaction->RemoveAllFiles();
  transaction->AddFile(File("c.parquet"));
  EXPECT_EQ(transaction->Commit({}).outcome, CommitOutcome::kCommitted);
  ASSERT_EQ(table->Latest()->file_count(), 1u);
  EXPECT_EQ(table->Latest()->file(0).path, "c.parquet");
}

TEST_F(DeltaTableTest, BlindAppendsAreRebased) {
  const auto table = Create();
  const auto late = table->Begin(table->Latest());
  late->AddFile(File("late.parquet"));
  AppendFile(*table, "early.parquet");
  const CommitResult result = late->Commit({});
  EXPECT_EQ(result.version, 2);
  EXPECT_EQ(result.attempts, 2);
  EXPECT_EQ(table->Latest()->file_count(), 2u);
}

TEST_F(DeltaTableTest, OverwritesOfTheSameFilesConflict) {
  const auto table = Create();
  AppendFile(*table, "a.parquet");
  const auto first = table->Begin(table->Latest());
  const auto second = table->Begin(table->Latest());
  first->RemoveAllFiles();
  second->RemoveAllFiles();
  EXPECT_EQ(first->Commit({}).outcome, CommitOutcome::kCommitted);
  const CommitResult result = second->Commit({});
  EXPECT_EQ(result.outcome, CommitOutcome::kConflict);
  EXPECT_NE(result.reason.find("version 2"), std::string::npos) << result.reason;
}

TEST_F(DeltaTableTest, MetadataChangesConflict) {
  const auto table = Create();
  const auto append = table->Begin(table->Latest());
  append->AddFile(File("a.parquet"));
  const auto change = table->Begin(table->Latest());
  TableMetadata metadata = table->Latest()->metadata();
  metadata.description = "new";
  change->SetMetadata(metadata);
  EXPECT_EQ(change->Commit({}).outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(append->Commit({}).outcome, CommitOutcome::kConflict);
}

TEST_F(DeltaTableTest, AnAppVersionIsWrittenOnce) {
  const auto table = Create();
  for (int i = 0; i < 2; ++i) {
    const auto transaction = table->Begin(table->Latest());
    transaction->AddFile(File("batch" + std::to_string(i) + ".parquet"));
    transaction->SetAppTransaction("loader", 7);
    EXPECT_EQ(transaction->Commit({}).version, 1);
  }
  EXPECT_EQ(table->Latest()->file_count(), 1u);
  EXPECT_EQ(table->Latest()->transactions().at("loader").version, 7);
}

TEST_F(DeltaTableTest, DomainsAreKeptAndNeedTheFeature) {
  const auto table = Create();
  const auto transaction = table->Begin(table->Latest());
  transaction->SetDomain("lakehouse.flow", "{\"offset\":1}");
  EXPECT_EQ(transaction->Commit({}).outcome, CommitOutcome::kCommitted);
  const auto latest = OpenTable(location_, kContext)->Latest();
  EXPECT_EQ(latest->domains().at("lakehouse.flow"), "{\"offset\":1}");
  EXPECT_EQ(latest->protocol().min_writer_version, 7);
  EXPECT_EQ(latest->protocol().min_reader_version, 1);
}

TEST_F(DeltaTableTest, CheckpointsHoldTheWholeState) {
  const auto table = Create();
  for (int i = 0; i < 25; ++i) AppendFile(*table, "f" + std::to_string(i) + ".parquet");
  ASSERT_TRUE(store_->Head("t/_delta_log/00000000000000000020.checkpoint.parquet"));
  // Without the commits before the checkpoint the state must still be there.
  for (int64_t v = 0; v < 20; ++v) {
    char name[64];
    std::snprintf(name, sizeof(name), "t/_delta_log/%020ld.json", v);
    store_->Delete(name);
  }
  store_->Delete("t/_delta_log/00000000000000000010.checkpoint.parquet");
  const auto latest = OpenTable(location_, kContext)->Latest();
  EXPECT_EQ(latest->version(), 25);
  EXPECT_EQ(latest->file_count(), 25u);
  EXPECT_EQ(latest->schema(), TwoColumns());
  EXPECT_EQ(latest->Bounds({"id"})->max[0], Value{int64_t{9}});
}

TEST_F(DeltaTableTest, ADamagedCheckpointIsPassedOver) {
  const auto table = Create();
  for (int i = 0; i < 11; ++i) AppendFile(*table, "f" + std::to_string(i) + ".parquet");
  store_->Write("t/_delta_log/00000000000000000010.checkpoint.parquet", "PAR1 cut");
  EXPECT_EQ(OpenTable(location_, kContext)->Latest()->file_count(), 11u);
}

TEST_F(DeltaTableTest, DamagedLogsAreNamed) {
  Create();
  Put(2, "{\"commitInfo\":{}}\n");
  EXPECT_EQ(OpenCode(), "LK-3003");  // a gap
  Put(1, "{\"add\":{\"path\":\"a\"");
  EXPECT_EQ(OpenCode(), "LK-3003");  // cut
  Put(1,
      "{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":2}}\n"
      "{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":2}}\n");
  EXPECT_EQ(OpenCode(), "LK-3003");  // two protocols
  Put(1, "{\"add\":{\"path\":\"a\",\"size\":1}}\n{\"add\":{\"path\":\"a\",\"size\":1}}\n");
  EXPECT_EQ(OpenCode(), "LK-3003");  // one file twice
  Put(1, "[1]\n");
  EXPECT_EQ(OpenCode(), "LK-3003");
  Put(1, "{\"add\":{\"path\":\"a%2\",\"size\":1}}\n");
  EXPECT_EQ(OpenCode(), "LK-3003");
}

TEST_F(DeltaTableTest, ALogWithoutProtocolOrMetadataIsDamaged) {
  Put(0, "{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":2}}\n");
  EXPECT_EQ(OpenCode(), "LK-3003");
}

TEST_F(DeltaTableTest, UnknownFeaturesAreRefusedByName) {
  Create();
  Put(1,
      "{\"protocol\":{\"minReaderVersion\":3,\"minWriterVersion\":7,"
      "\"readerFeatures\":[\"catalogManaged\"],\"writerFeatures\":[\"catalogManaged\"]}}\n");
  try {
    OpenTable(location_, kContext);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "LK-3002");
    EXPECT_NE(error.message().find("catalogManaged"), std::string::npos);
  }
}

TEST_F(DeltaTableTest, OlderVersionsStayReadableWhenTheLatestNeedsAnUnknownFeature) {
  Create();
  Put(1,
      "{\"protocol\":{\"minReaderVersion\":3,\"minWriterVersion\":7,"
      "\"readerFeatures\":[\"ofTomorrow\"],\"writerFeatures\":[\"ofTomorrow\"]}}\n");
  const auto table = OpenAnyVersion(location_, kContext);
  EXPECT_EQ(table->At(0)->version(), 0);
  EXPECT_EQ(CodeOf([&] { table->At(1); }), "LK-3002");
  EXPECT_EQ(CodeOf([&] { table->Latest(); }), "LK-3002");
  EXPECT_EQ(CodeOf([&] { table->At(2); }), "LK-3004");
  const int64_t first = table->At(0)->timestamp_ms();
  EXPECT_EQ(table->AtTimestamp(first)->version(), 0);
  EXPECT_EQ(table->History().size(), 2U);
}

TEST_F(DeltaTableTest, WriterFeaturesAreRefusedByName) {
  const auto table = Create();
  Put(1,
      "{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":7,"
      "\"writerFeatures\":[\"icebergCompatV1\"]}}\n");
  EXPECT_EQ(CodeOf([&] { table->Begin(table->Latest()); }), "LK-3020");
}

TEST_F(DeltaTableTest, AppendOnlyTablesKeepTheirFiles) {
  CreateTableOptions options;
  options.properties = {{"delta.appendOnly", "true"}};
  const auto table = Create(options);
  AppendFile(*table, "a.parquet");
  const auto transaction = table->Begin(table->Latest());
  EXPECT_EQ(CodeOf([&] { transaction->RemoveAllFiles(); }), "LK-3021");
}

TEST_F(DeltaTableTest, PartitionColumnsAreChecked) {
  CreateTableOptions options;
  options.partition_columns = {"nope"};
  EXPECT_EQ(CodeOf([&] { Create(options); }), "LK-3007");
  options.partition_columns = {"id", "name"};
  EXPECT_EQ(CodeOf([&] { Create(options); }), "LK-3007");
}

TEST_F(DeltaTableTest, ALostReplyIsSettledByTheTransactionId) {
  const auto table = Create();
  store_->LoseNextReply(/*apply=*/true);
  const CommitResult result = AppendFile(*table, "a.parquet");
  EXPECT_EQ(result.outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(result.version, 1);
  EXPECT_EQ(table->Latest()->file_count(), 1u);
}

TEST_F(DeltaTableTest, ARepeatedPutThatMeetsItselfIsOurs) {
  const auto table = Create();
  store_->RepeatNextPut();
  EXPECT_EQ(AppendFile(*table, "a.parquet").outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(table->Latest()->version(), 1);
}

TEST_F(DeltaTableTest, AReplyThatCannotBeSettledIsUnknown) {
  const auto table = Create();
  store_->LoseNextReply(/*apply=*/false);
  EXPECT_EQ(AppendFile(*table, "a.parquet").outcome, CommitOutcome::kUnknown);
}

/// It is in the log then, so to call it a conflict would have the caller write it again.
TEST_F(DeltaTableTest, AWriteThatArrivesWhileTheLogIsAskedIsUnknown) {
  const auto table = Create();
  store_->DelayNextPut();
  EXPECT_EQ(AppendFile(*table, "a.parquet").outcome, CommitOutcome::kUnknown);
  EXPECT_EQ(table->Latest()->version(), 1);
}

TEST_F(DeltaTableTest, TheCreationSaysWhatItsCallerWantsToFindAgain) {
  CreateTable(location_, kContext, {.schema = TwoColumns()}, {.user_metadata = "mine"});
  EXPECT_EQ(OpenTable(location_, kContext)->History()[0].user_metadata, "mine");
}

TEST_F(DeltaTableTest, ALostReplyAtCreationIsSettled) {
  store_->LoseNextReply(/*apply=*/true);
  EXPECT_EQ(Create()->Latest()->version(), 0);
  location_.path = "u";
  store_->LoseNextReply(/*apply=*/false);
  EXPECT_EQ(CodeOf([&] { Create(); }), "LK-8006");
}

TEST(DeltaConcurrency, EightWritersAppendAtOnce) {
  TemporaryDirectory directory;
  const io::Location location{io::MakeLocalStore(directory.path()), "t"};
  CreateTable(location, kContext, {.schema = TwoColumns()}, {});
  constexpr int kWriters = 8, kAppends = 25;
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      const auto table = OpenTable(location, kContext);
      for (int i = 0; i < kAppends; ++i) {
        const auto transaction = table->Begin(table->Latest());
        transaction->AddFile(File(std::to_string(w) + "-" + std::to_string(i)));
        EXPECT_EQ(transaction->Commit({}).outcome, CommitOutcome::kCommitted);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto latest = OpenTable(location, kContext)->Latest();
  EXPECT_EQ(latest->version(), kWriters * kAppends);
  EXPECT_EQ(latest->file_count(), static_cast<size_t>(kWriters * kAppends));
}

}  // namespace
}  // namespace lakehouse::storage::delta
