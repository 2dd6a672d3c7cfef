// Everything that a state holds is in its checkpoint, of either spec, and read back equal.
#include <arrow/api.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/random.h"
#include "equal_adds.h"
#include "error_code.h"
#include "security/md5.h"
#include "storage/delta/checkpoint/checkpoint.h"
#include "storage/delta/log/last_checkpoint.h"
#include "storage/delta/log/log_properties.h"
#include "storage/parquet/parquet_file.h"

namespace lakehouse::storage::delta {
namespace {

constexpr int64_t kNow = 1'700'000'000'000;

DeletionVectorPtr Vector(const std::string& path, std::optional<int64_t> offset) {
  DeletionVectorDescriptor vector;
  vector.path_or_inline = path;
  vector.offset = offset;
  vector.size_bytes = 36;
  vector.cardinality = 2;
  return std::make_shared<const DeletionVectorDescriptor>(vector);
}

class CheckpointWriterTest : public testing::Test {
 protected:
  CheckpointWriterTest() {
    state_.version = 7;
    state_.protocol = {3, 7, {"deletionVectors"}, {"deletionVectors", "domainMetadata"}};
    auto& metadata = state_.metadata.emplace();
    metadata.id = "an id";
    metadata.name = "a name";
    metadata.description = "a comment";
    metadata.schema.fields = {
        {"id", DataType::Primitive(TypeId::kLong), true, {}},
        {"price", DataType::Decimal(10, 2), true, {}},
        {"at", DataType::Primitive(TypeId::kTimestamp), true, {}},
        {"tags", DataType::Array(DataType::Primitive(TypeId::kString), true), true, {}},
        {"in", DataType::Struct({{"x", DataType::Primitive(TypeId::kFloat), true, {}}}), true, {}},
        {"day", DataType::Primitive(TypeId::kDate), true, {}}};
    metadata.partition_columns = {"day"};
    metadata.properties = {{"k", "v"}};
    metadata.created_ms = 5;
    state_.transactions["app"] = {3, 0};
    state_.transactions["other"] = {4, 99};
    state_.domains["d"] = "{}";
    Actions actions;
    for (int i = 0; i < 3; ++i) {
      auto add = std::make_shared<AddFile>();
      add->path = "day=2024-01-0" + std::to_string(i + 1) + "/file " + std::to_string(i);
      add->size_bytes = 100 + i;
      add->modified_ms = 10 + i;
      add->partition_values["day"] = "2024-01-0" + std::to_string(i + 1);
      add->stats =
          R"({"numRecords":10,"minValues":{"id":1,"price":1.50,"at":"2024-01-01T00:00:00.000Z",)"
          R"("in":{"x":0.5}},"maxValues":{"id":9,"price":"2.25","in":{"x":1.5}},)"
          R"("nullCount":{"id":0,"tags":3,"in":{"x":1}}})";
      if (i == 1) {
        add->tags = {{"ZCUBE_ID", "z"}};
        add->deletion_vector = Vector("ab^-aqEH.-t@S}K{vb[*k^", 1);
        add->base_row_id = 40;
        add->default_row_commit_version = 2;
        add->clustering_provider = "liquid";
      }
      if (i == 2) {
        add->stats.clear();
        add->partition_values["day"] = std::nullopt;
      }
      actions.adds.push_back(add);
    }
    const int64_t hour = 3'600'000;
    actions.removes = {{"gone", kNow - hour, true, Vector("ab^-aqEH.-t@S}K{vb[*k^", {})},
                       {"gone", kNow - hour, true, nullptr},
                       {"long gone", kNow - 8 * 24 * hour, true, nullptr}};
    state_.Apply(actions, 7, 1);
  }

  void UseV2() {
    state_.protocol->reader_features.push_back("v2Checkpoint");
    state_.protocol->writer_features.push_back("v2Checkpoint");
    state_.metadata->properties["delta.checkpointPolicy"] = "v2";
  }
  void Write() { WriteCheckpoint(log_, state_, {&clock_, &random_}); }
  CheckpointFiles Found() {
    const auto found = log_.List().checkpoints;
    EXPECT_EQ(found.size(), 1u);
    return found.at(0);
  }

  void ExpectEqual(const DeltaSnapshot::State& again) {
    EXPECT_EQ(again.protocol, state_.protocol);
    EXPECT_EQ(again.metadata, state_.metadata);
    EXPECT_EQ(again.domains, state_.domains);
    ASSERT_EQ(again.transactions.size(), 2u);
    EXPECT_EQ(again.transactions.at("other").last_updated_ms, 99);
    EXPECT_EQ(again.tombstones.size(), 2u);  // the third is past its time
    EXPECT_EQ(again.totals.bytes, 303);
    EXPECT_EQ(again.totals.deleted_records, 2);
    ASSERT_EQ(again.files.size(), state_.files.size());
    for (auto mine = state_.files.begin(), theirs = again.files.begin(); mine != state_.files.end();
         ++mine, ++theirs) {
      ExpectSameFile((*mine).Add(), (*theirs).Add());
    }
  }
  AddFile First(const DeltaSnapshot::State& state) { return (*state.files.begin()).Add(); }

  std::shared_ptr<io::ObjectStore> store_ = io::MakeMemoryStore();
  const Log log_{{store_, "t"}};
  ManualClock clock_{kNow};
  SeededRandom random_{1};
  DeltaSnapshot::State state_;
};

/// More than one lot, with statistics of several shapes, of none, and values that few files have.
TEST_F(CheckpointWriterTest, ManyFilesAreReadBackEqual) {
  constexpr int kFiles = 9'000;
  Actions actions;
  for (int i = 0; i < kFiles; ++i) {
    auto add = std::make_shared<AddFile>();
    const std::string n = std::to_string(i);
    add->path = (i % 100 == 7 ? "a b/" : "") + std::string("part-") + n;
    add->size_bytes = i;
    add->modified_ms = 2 * i;
    add->partition_values["day"] = "2024-01-03";
    if (i % 50 != 0) {
      add->stats = R"({"numRecords":)" + n + R"(,"minValues":{"id":-)" + n + R"(},"maxValues":)" +
                   (i % 3 ? R"({"id":7,"text":"x)" + n + "\"}" : R"({"id":7})") + "}";
    }
    if (i % 1000 == 999) add->stats = R"({ "numRecords" : 1e0 })";
    if (i == kFiles - 1) {
      add->tags = {{"k", "v"}};
      add->deletion_vector = Vector("ab^-aqEH.-t@S}K{vb[*k^", 1);
    }
    actions.adds.push_back(add);
  }
  state_.Apply(actions, 7, 1);
  for (const bool v2 : {false, true}) {
    if (v2) {
      UseV2();
      ++state_.version;
    }
    Write();
    const auto again = ReadCheckpoint(log_, log_.List().checkpoints.back());
    ASSERT_EQ(again.files.size(), state_.files.size());
    auto theirs = again.files.begin();
    for (const auto& mine : state_.files) {
      ExpectSameFile(mine.Add(), (*theirs).Add());
      ++theirs;
    }
  }
}

TEST_F(CheckpointWriterTest, AClassicOneHoldsEverything) {
  Write();
  EXPECT_EQ(Found().names.at(0), Log::CheckpointName(7));
  const auto again = ReadCheckpoint(log_, Found());
  ExpectEqual(again);
  EXPECT_EQ(First(again).stats, First(state_).stats);
}

TEST_F(CheckpointWriterTest, AV2OneHoldsEverythingInSidecars) {
  UseV2();
  Write();
  ExpectEqual(ReadCheckpoint(log_, Found()));
  const auto sidecars = store_->List("t/_delta_log/_sidecars");
  ASSERT_EQ(sidecars.size(), 1u);
  const auto names = SidecarsOf(log_, Found());
  ASSERT_EQ(names.size(), 1u);
  EXPECT_EQ("t/_delta_log/_sidecars/" + names[0], sidecars[0].path);
  Write();  // it is there: nothing more is written
  Found();
}

TEST_F(CheckpointWriterTest, TheFeatureMustBeThereForV2) {
  state_.metadata->properties["delta.checkpointPolicy"] = "v2";
  Write();
  EXPECT_EQ(Found().names.at(0), Log::CheckpointName(7));
}

TEST_F(CheckpointWriterTest, StatisticsAsStructAreTyped) {
  state_.metadata->properties["delta.checkpoint.writeStatsAsStruct"] = "true";
  state_.metadata->properties["delta.checkpoint.writeStatsAsJson"] = "false";
  Write();
  const auto schema = parquet::ReadParquetSchema(store_->Open(log_.PathOf(Log::CheckpointName(7))));
  const auto add = schema->GetFieldByName("add")->type();
  EXPECT_EQ(static_cast<const arrow::StructType&>(*add).GetFieldByName("stats"), nullptr);
  const auto again = ReadCheckpoint(log_, Found());
  ExpectEqual(again);
  const auto stats = nlohmann::json::parse(First(again).stats);
  EXPECT_EQ(stats["numRecords"], 10);
  EXPECT_EQ(stats["minValues"]["id"], 1);
  EXPECT_EQ(stats["minValues"]["price"], "1.50");
  EXPECT_EQ(stats["maxValues"]["in"]["x"], 1.5);
  EXPECT_EQ(stats["nullCount"]["tags"], 3);
  EXPECT_FALSE(stats["minValues"].contains("day"));
  const std::string type = add->ToString();
  EXPECT_NE(type.find("partitionValues_parsed: struct<day: date32[day]>"), std::string::npos)
      << type;
}

TEST_F(CheckpointWriterTest, TheHintHasAChecksumThatHolds) {
  Write();
  const std::string text = store_->Read("t/_delta_log/_last_checkpoint");
  const auto hint = nlohmann::json::parse(text);
  EXPECT_EQ(hint["version"], 7);
  EXPECT_EQ(hint["size"], 10);
  EXPECT_EQ(hint["numOfAddFiles"], 3);
  EXPECT_EQ(hint["checksum"], security::Md5Hex(CanonicalForm(text).value()));
  EXPECT_EQ(hint["checkpointSchema"]["type"], "struct");
  EXPECT_EQ(log_.LastCheckpointHint(), 7);
  std::string wrong = text;
  wrong.replace(wrong.find("\"version\":7"), 11, "\"version\":6");
  EXPECT_EQ(ParseLastCheckpoint(wrong), std::nullopt);
  // A newer hint stays.
  store_->Write("t/_delta_log/_last_checkpoint", "{\"version\":8}");
  store_->Delete(log_.PathOf(Log::CheckpointName(7)));
  Write();
  EXPECT_EQ(log_.LastCheckpointHint(), 8);
}

TEST_F(CheckpointWriterTest, ManyFilesAreWrittenInLots) {
  UseV2();
  Actions actions;
  for (int i = 0; i < 100'001; ++i) {
    auto add = std::make_shared<AddFile>();
    add->path = "f" + std::to_string(i);
    actions.adds.push_back(add);
  }
  state_.Apply(actions, 7, 1);
  Write();
  const auto again = ReadCheckpoint(log_, Found());
  EXPECT_EQ(again.files.size(), 100'004u);
  EXPECT_EQ(again.tombstones.size(), 2u);
  EXPECT_EQ(SidecarsOf(log_, Found()).size(), 2u);
}

TEST(LastCheckpointTest, TheCanonicalFormIsThatOfTheProtocol) {
  const std::string json =
      R"({"k0":"'v 0'", "checksum": "adsaskfljadfkjadfkj", "k1":{"k2": 2, "k3": ["v3", [1, 2], )"
      R"({"k4": "v4", "k5": ["v5", "v6", "v7"]}]}})";
  const std::string canonical =
      R"("k0"="%27v%200%27","k1"+"k2"=2,"k1"+"k3"+0="v3","k1"+"k3"+1+0=1,"k1"+"k3"+1+1=2,)"
      R"("k1"+"k3"+2+"k4"="v4","k1"+"k3"+2+"k5"+0="v5","k1"+"k3"+2+"k5"+1="v6",)"
      R"("k1"+"k3"+2+"k5"+2="v7")";
  EXPECT_EQ(CanonicalForm(json), canonical);
  EXPECT_EQ(security::Md5Hex(canonical), "6a92d155a59bf2eecbd4b4ec7fd1f875");
  EXPECT_EQ(CanonicalForm("[1]"), std::nullopt);
}

TEST(TablePropertiesTest, DurationsAreThoseOfSpark) {
  EXPECT_EQ(ParseDuration("interval 1 week"), 7 * kDayMs);
  EXPECT_EQ(ParseDuration("30 DAYS"), 30 * kDayMs);
  EXPECT_EQ(ParseDuration("interval 2 hours 30 minutes"), 9'000'000);
  EXPECT_EQ(ParseDuration("interval '1' day"), kDayMs);
  EXPECT_EQ(ParseDuration("0 seconds"), 0);
  for (const char* text :
       {"", "interval", "1", "week", "1 month", "-1 day", "nan days", "1 day x"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace lakehouse::storage::delta
