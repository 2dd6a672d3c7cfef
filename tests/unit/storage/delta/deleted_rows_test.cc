// Rows that are taken out of files: the vectors, the actions, and what is refused.
#include <nlohmann/json.hpp>
#include <sstream>

#include "commit_race.h"
#include "io/fault_store.h"
#include "storage/delta/log/deletion_vector.h"
#include "storage/delta/log/log.h"
#include "storage/delta/log/stats_json.h"

namespace lakehouse::storage::delta {
namespace {

class DeletedRows : public CommitRace {
 protected:
  Actions CommitOf(int64_t version) { return ParseCommit(Text(version), "commit"); }
  std::string Text(int64_t version) { return Log(location_).ReadCommit(version); }
  /// The action of this name in a version, as JSON.
  nlohmann::json ActionOf(int64_t version, const std::string& name) {
    std::istringstream lines(Text(version));
    for (std::string line; std::getline(lines, line);) {
      const auto json = nlohmann::json::parse(line);
      if (json.contains(name)) return json[name];
    }
    ADD_FAILURE() << name;
    return {};
  }
};

TEST_F(DeletedRows, AreKeptInOneFileForTheCommit) {
  Create();
  const auto transaction = Begin();
  Delete(*transaction, "low", {1, 3});
  Delete(*transaction, "low", {7});
  Delete(*transaction, "high", {0});
  ASSERT_EQ(transaction->Commit({.operation = "DELETE"}).version, 1);
  EXPECT_EQ(DeletedIn("low"), (std::vector<uint64_t>{1, 3, 7}));
  EXPECT_EQ(DeletedIn("high"), (std::vector<uint64_t>{0}));
  EXPECT_EQ(VectorFiles(), 1u);
  const auto latest = table_->Latest();
  EXPECT_EQ(latest->total_records(), 16);
  const AddFile& low = Add(*latest, "low");
  EXPECT_EQ(low.deletion_vector->storage_type, 'u');
  EXPECT_EQ(low.deletion_vector->cardinality, 3);
  EXPECT_EQ(ParseRecordCount(low.stats), 10);
  EXPECT_NE(low.stats.find("\"tightBounds\":false"), std::string::npos) << low.stats;
  EXPECT_EQ(latest->Bounds({"id"})->max[IndexOf(*latest, "low")], Value{int64_t{9}});
}

TEST_F(DeletedRows, AreUnitedWithThoseThatAreGone) {
  Create();
  for (const uint64_t row : {4, 5}) {
    const auto transaction = Begin();
    Delete(*transaction, "low", {row});
    ASSERT_EQ(transaction->Commit({}).outcome, CommitOutcome::kCommitted);
  }
  EXPECT_EQ(DeletedIn("low"), (std::vector<uint64_t>{4, 5}));
  const Actions second = CommitOf(2);
  ASSERT_EQ(second.removes.size(), 1u);
  EXPECT_EQ(*second.removes[0].deletion_vector, *CommitOf(1).adds[0]->deletion_vector)
      << "the remove names the vector of the file that ends";
  const auto remove = ActionOf(2, "remove");
  EXPECT_EQ(remove["extendedFileMetadata"], true);
  EXPECT_EQ(remove["size"], 100);
  EXPECT_TRUE(remove["partitionValues"].is_object());
  EXPECT_EQ(VectorFiles(), 2u) << "older versions need theirs";
}

TEST_F(DeletedRows, LeaveTheRestOfTheFileAsItIs) {
  CreateTableOptions options;
  options.schema = {{{"id", DataType::Primitive(TypeId::kLong), true, {}},
                     {"part", DataType::Primitive(TypeId::kString), true, {}}}};
  options.partition_columns = {"part"};
  options.properties = {{"delta.enableDeletionVectors", "true"},
                        {"delta.enableRowTracking", "true"}};
  NewFile file = File("f", 0);
  file.partition_values = {Value{std::string("p")}};
  file.tags["ZCUBE_ID"] = "cube";
  file.clustering_provider = "liquid";
  table_ = CreateTable(location_, context_, options, {}, {file});
  const auto transaction = Begin();
  Delete(*transaction, "f", {2});
  ASSERT_EQ(transaction->Commit({}).outcome, CommitOutcome::kCommitted);
  const auto before = table_->At(0);
  const auto after = table_->Latest();
  const AddFile& old = Add(*before, "f");
  const AddFile& now = Add(*after, "f");
  EXPECT_EQ(now.base_row_id, 0);
  EXPECT_EQ(now.default_row_commit_version, 0);
  EXPECT_EQ(now.tags, old.tags);
  EXPECT_EQ(now.clustering_provider, "liquid");
  EXPECT_EQ(now.partition_values, old.partition_values);
  EXPECT_EQ(now.modified_ms, old.modified_ms);
  const auto remove = ActionOf(1, "remove");
  EXPECT_EQ(remove["baseRowId"], 0);
  EXPECT_EQ(remove["defaultRowCommitVersion"], 0);
  EXPECT_EQ(remove["tags"]["ZCUBE_ID"], "cube");
}

TEST_F(DeletedRows, AllOfThemRemoveTheFile) {
  Create();
  const auto transaction = Begin();
  Delete(*transaction, "low", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  ASSERT_EQ(transaction->Commit({}).outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(table_->Latest()->file_count(), 1u);
  EXPECT_EQ(VectorFiles(), 0u);
  EXPECT_TRUE(CommitOf(1).adds.empty());
}

TEST_F(DeletedRows, ThatAreNotThereAreRefused) {
  Create();
  const auto first = Begin();
  Delete(*first, "low", {1});
  EXPECT_EQ(CodeOf([&] { Delete(*first, "low", {1, 2}); }), "LK-3022");
  EXPECT_EQ(CodeOf([&] { Delete(*first, "low", {10}); }), "LK-3022");
  EXPECT_EQ(CodeOf([&] { first->RemoveFile(IndexOf(*first->base(), "low")); }), "LK-3022");
  ASSERT_EQ(first->Commit({}).outcome, CommitOutcome::kCommitted);
  const auto second = Begin();
  EXPECT_EQ(CodeOf([&] { Delete(*second, "low", {1}); }), "LK-3022");
  second->RemoveFile(IndexOf(*second->base(), "high"));
  EXPECT_EQ(CodeOf([&] { Delete(*second, "high", {1}); }), "LK-3022");
}

TEST_F(DeletedRows, NeedTheFeatureAndARecordCount) {
  Create({});
  EXPECT_FALSE(AllowsDeletionVectors(*table_->Latest()));
  EXPECT_EQ(CodeOf([&] { Delete(*Begin(), "low", {1}); }), "LK-3020");
  const auto on = Begin();
  TableMetadata metadata = on->base()->metadata();
  metadata.properties["delta.enableDeletionVectors"] = "TRUE";
  on->SetMetadata(metadata);
  NewFile bare = File("bare", 0);
  bare.stats = {};
  on->AddFile(bare);
  ASSERT_EQ(on->Commit({}).outcome, CommitOutcome::kCommitted);
  EXPECT_TRUE(AllowsDeletionVectors(*table_->Latest()));
  EXPECT_EQ(CodeOf([&] { Delete(*Begin(), "bare", {1}); }), "LK-3020");
  Delete(*Begin(), "low", {1});
}

TEST_F(DeletedRows, StayInAnAppendOnlyTable) {
  Create({{"delta.enableDeletionVectors", "true"}, {"delta.appendOnly", "true"}});
  EXPECT_EQ(CodeOf([&] { Delete(*Begin(), "low", {1}); }), "LK-3021");
  const auto moves = Begin();
  moves->MarkRearranged();
  moves->RemoveFile(0);
  EXPECT_EQ(moves->Commit({}).outcome, CommitOutcome::kCommitted);
  EXPECT_FALSE(CommitOf(1).removes[0].data_change);
}

TEST_F(DeletedRows, ThatCannotBeCommittedLeaveNoFile) {
  int64_t call = 0;
  for (bool failed = true; failed; ++call) {
    ASSERT_LT(call, 20);
    store_ = io::MakeMemoryStore();
    location_ = {store_, "t"};
    Create();
    const auto faults = std::make_shared<io::FaultStore>(store_, *context_.clock);
    const auto table = OpenTable({faults, "t"}, context_);
    const auto transaction = table->Begin(table->Latest());
    Delete(*transaction, "low", {1});
    io::Fault fault;
    fault.first_call = call;
    fault.writes_only = true;
    faults->Reset();
    faults->Inject(fault);
    failed = !CodeOf([&] { transaction->Commit({}); }).empty();
    EXPECT_EQ(VectorFiles(), failed ? 0u : 1u) << call;
    EXPECT_EQ(table_->Latest()->version(), failed ? 0 : 1) << call;
  }
  EXPECT_GE(call, 4);
}

TEST_F(DeletedRows, AreWrittenForRestoredAndClonedFiles) {
  Create();
  const auto deletes = Begin();
  Delete(*deletes, "low", {1});
  ASSERT_EQ(deletes->Commit({}).outcome, CommitOutcome::kCommitted);
  const auto first = table_->At(1);
  const auto more = Begin();
  Delete(*more, "low", {2});
  ASSERT_EQ(more->Commit({}).outcome, CommitOutcome::kCommitted);
  // Back to the version before, in the same table.
  const auto restore = Begin();
  EXPECT_EQ(CodeOf([&] { restore->AddExisting(*first, IndexOf(*first, "low"), "low"); }),
            "LK-3022");
  restore->RemoveFile(IndexOf(*restore->base(), "low"));
  restore->AddExisting(*first, IndexOf(*first, "low"), "low");
  ASSERT_EQ(restore->Commit({.operation = "RESTORE"}).outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(DeletedIn("low"), (std::vector<uint64_t>{1}));
  EXPECT_EQ(VectorFiles(), 2u) << "the old vector is used again";
  // And into another table.
  const io::Location other{store_, "u"};
  CreateTableOptions options;
  options.schema = first->schema();
  options.properties["delta.enableDeletionVectors"] = "true";
  const auto clone = CreateTable(other, context_, options, {}, {});
  const auto copy = clone->Begin(clone->Latest());
  for (size_t i = 0; i < first->file_count(); ++i) {
    copy->AddExisting(*first, i, std::string(first->file(i).path));
  }
  ASSERT_EQ(copy->Commit({.operation = "CLONE"}).outcome, CommitOutcome::kCommitted);
  const auto cloned = OpenTable(other, context_)->Latest();
  EXPECT_TRUE(cloned->DeletedRows(IndexOf(*cloned, "low"))->Contains(1));
  EXPECT_EQ(cloned->total_records(), 19);
}

TEST(DeletionVectorFiles, ReadAsTheyWereWritten) {
  const io::Location table{io::MakeMemoryStore(), "t"};
  const StorageContext context{&SystemClock(), &SystemRandom()};
  RowSet many;
  for (uint64_t row = 0; row < 100'000; row += 3) many.Add(std::vector<uint64_t>{row});
  const RowSet far = Rows({0, uint64_t{5} << 32, (uint64_t{5} << 32) + 7});
  DeletionVectorFile file(table, SystemRandom());
  EXPECT_TRUE(file.empty());
  const DeletionVectorPtr a = file.Add(many);
  const DeletionVectorPtr b = file.Add(far);
  file.Write();
  EXPECT_EQ(*a->offset, 1);
  EXPECT_EQ(PathOf(*a), file.path());
  EXPECT_NE(a->UniqueId(), b->UniqueId());
  EXPECT_EQ(ReadDeletionVector(*a, table, context), many);
  EXPECT_EQ(ReadDeletionVector(*b, table, context), far);
}

TEST(WideBounds, KeepEveryDigitOfTheStatistics) {
  EXPECT_EQ(WithWideBounds(R"({"numRecords":2,"minValues":{"d":12345678901234567890.123}})"),
            R"({"numRecords":2,"minValues":{"d":12345678901234567890.123},"tightBounds":false})");
  EXPECT_EQ(WithWideBounds(R"({"tightBounds":true,"numRecords":2})"),
            R"({"numRecords":2,"tightBounds":false})");
  EXPECT_EQ(WithWideBounds("{}"), R"({"tightBounds":false})");
  EXPECT_EQ(WithWideBounds("[1]"), std::nullopt);
  EXPECT_EQ(WithWideBounds("{\"a\":"), std::nullopt);
}

}  // namespace
}  // namespace lakehouse::storage::delta
