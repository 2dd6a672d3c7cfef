#include "storage/delta/checkpoint/checkpoint_files.h"

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "error_code.h"
#include "storage/delta/snapshot/file_block.h"
#include "storage/parquet/parquet_file.h"

namespace lakehouse::storage::delta {
namespace {

using Fields = std::vector<std::shared_ptr<arrow::Field>>;

const auto kParsed = arrow::struct_({arrow::field("numRecords", arrow::int64())});
const Fields kAdd = {arrow::field("path", arrow::utf8()), arrow::field("size", arrow::int64()),
                     arrow::field("stats", arrow::utf8()), arrow::field("stats_parsed", kParsed)};

/// What `rows`, "[{...}, {...}]", give as a file with a column `add` of `fields`.
Actions Read(const std::string& rows, const Fields& fields = kAdd) {
  const auto type = arrow::struct_({arrow::field("add", arrow::struct_(fields))});
  const auto array = arrow::json::ArrayFromJSONString(type, rows).ValueOrDie();
  const auto batch = arrow::RecordBatch::FromStructArray(array).ValueOrDie();
  const auto reader = arrow::RecordBatchReader::Make({batch}, batch->schema()).ValueOrDie();
  const std::shared_ptr<io::ObjectStore> store = io::MakeMemoryStore();
  const auto writer = store->Create("c.parquet");
  parquet::WriteParquet(*reader, *writer);
  writer->Finish();
  Actions actions;
  ReadFileActions({store, "c.parquet"}, actions, nullptr);
  return actions;
}

std::vector<AddFile> AddsOf(const Actions& actions) {
  std::vector<AddFile> adds;
  for (const BlockRange& range : actions.blocks) {
    for (uint32_t row = range.begin; row < range.end; ++row) adds.push_back(range.block->Add(row));
  }
  return adds;
}

TEST(CheckpointFiles, HaveStatisticsAsTextOrInColumns) {
  const auto adds = AddsOf(Read(R"([
    {"add": {"path": "a%20b", "size": 1, "stats": "{\"numRecords\":3}", "stats_parsed": {"numRecords": 9}}},
    {"add": null},
    {"add": {"path": "c", "size": 2, "stats": null, "stats_parsed": {"numRecords": 4}}},
    {"add": {"path": "d", "size": 3, "stats": null, "stats_parsed": null}}])"));
  ASSERT_EQ(adds.size(), 3U);
  EXPECT_EQ(adds[0].path, "a b");
  EXPECT_EQ(adds[0].stats, R"({"numRecords":3})");
  EXPECT_EQ(adds[1].stats, R"({"numRecords":4})");
  EXPECT_EQ(adds[2].stats, "");
  EXPECT_EQ(adds[2].size_bytes, 3);
}

TEST(CheckpointFiles, KeepPathsAndStatisticsTogether) {
  // Every third row is no add, and there are more than a block takes.
  constexpr int kRows = 5000;
  for (const bool as_text : {true, false}) {
    std::string rows;
    for (int i = 0; i < kRows; ++i) {
      const std::string number = std::to_string(i);
      const std::string text =
          as_text && i % 2 == 0 ? R"("{\"numRecords\":)" + number + "}\"" : "null";
      rows += (i > 0 ? "," : "[");
      rows += i % 3 == 0 ? R"({"add": null})"
                         : R"({"add": {"path": "f)" + number + R"(", "size": )" + number +
                               R"(, "stats": )" + text + R"(, "stats_parsed": {"numRecords": )" +
                               number + "}}}";
    }
    const auto adds = AddsOf(Read(rows + "]"));
    ASSERT_EQ(adds.size(), static_cast<size_t>(kRows - (kRows + 2) / 3));
    for (const AddFile& add : adds) {
      EXPECT_EQ(add.path, "f" + std::to_string(add.size_bytes));
      EXPECT_EQ(add.stats, R"({"numRecords":)" + std::to_string(add.size_bytes) + "}");
    }
  }
}

TEST(CheckpointFiles, MayLackStatistics) {
  const Fields fields(kAdd.begin(), kAdd.begin() + 2);
  const auto adds = AddsOf(Read(R"([{"add": null}, {"add": {"path": "a", "size": 1}}])", fields));
  ASSERT_EQ(adds.size(), 1U);
  EXPECT_EQ(adds[0].stats, "");
}

TEST(CheckpointFiles, NameAddsWithoutAPath) {
  EXPECT_EQ(CodeOf([] { Read(R"([{"add": {"path": null, "size": 1}}])"); }), "LK-3003");
  EXPECT_EQ(CodeOf([] { Read(R"([{"add": {"path": "", "size": 1}}])"); }), "LK-3003");
  const Fields no_path(kAdd.begin() + 1, kAdd.end());
  EXPECT_EQ(CodeOf([&] { Read(R"([{"add": {"size": 1}}])", no_path); }), "LK-3003");
}

TEST(CheckpointFiles, NameColumnsOfAnotherType) {
  const Fields number = {arrow::field("path", arrow::int64()), kAdd[1]};
  EXPECT_EQ(CodeOf([&] { Read(R"([{"add": {"path": 7, "size": 1}}])", number); }), "LK-3003");
  const Fields list = {arrow::field("path", arrow::list(arrow::utf8())), kAdd[1]};
  EXPECT_EQ(CodeOf([&] { Read(R"([{"add": {"path": ["a"], "size": 1}}])", list); }), "LK-3003");
  const Fields bytes = {kAdd[0], arrow::field("stats", arrow::binary())};
  EXPECT_EQ(CodeOf([&] { Read(R"([{"add": {"path": "a", "stats": "{}"}}])", bytes); }), "LK-3003");
}

}  // namespace
}  // namespace lakehouse::storage::delta
