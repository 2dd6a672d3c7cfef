#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "ingestion/connectors/files/file_source.h"
#include "ingestion/source_rows.h"
#include "ingestion/temporary_folder.h"
#include "io/object_store.h"
#include "storage/parquet/parquet_file.h"

namespace lakehouse::ingestion::connectors::files {
namespace {

SourceRows Read(const SourceOptions& options, std::shared_ptr<arrow::Schema> target = nullptr) {
  return ReadSource(*MakeFileSource("parquet", options), {}, std::move(target));
}

void WriteFile(const TemporaryFolder& folder, const std::string& name,
               const std::shared_ptr<arrow::RecordBatch>& batch) {
  auto store = io::MakeLocalStore(folder.path());
  auto writer = store->Create(name);
  auto rows = arrow::RecordBatchReader::Make({batch}, batch->schema()).ValueOrDie();
  storage::parquet::WriteParquet(*rows, *writer);
  writer->Finish();
}

std::shared_ptr<arrow::Array> Longs(const std::vector<int64_t>& values) {
  arrow::Int64Builder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::RecordBatch> TwoLongs(const std::string& a, const std::string& b) {
  return arrow::RecordBatch::Make(
      arrow::schema({arrow::field(a, arrow::int64()), arrow::field(b, arrow::int64())}), 3,
      {Longs({1, 2, 5'000'000'000}), Longs({7, 8, 9})});
}

TEST(ParquetSourceTest, ReadsColumnsByName) {
  const TemporaryFolder folder;
  WriteFile(folder, "a.parquet", TwoLongs("id", "n"));
  const SourceRows rows = Read({{"path", folder.path()}});
  ASSERT_EQ(rows.table->num_rows(), 3);
  EXPECT_EQ(rows.Cell("n", 2), "9");
  EXPECT_EQ(rows.rescued, 0);
}

TEST(ParquetSourceTest, RescuesValuesAndColumnsThatDoNotFit) {
  const TemporaryFolder folder;
  WriteFile(folder, "a.parquet", TwoLongs("id", "extra"));
  const auto target = arrow::schema(
      {arrow::field("ID", arrow::int32()), arrow::field("_rescued_data", arrow::utf8())});
  const SourceRows rows = Read({{"path", folder.path()}}, target);
  ASSERT_EQ(rows.table->num_rows(), 3);
  EXPECT_EQ(rows.Cell("ID", 1), "2");
  EXPECT_EQ(rows.Cell("ID", 2), "null");
  EXPECT_NE(rows.Cell("_rescued_data", 2).find("\"ID\":\"5000000000\""), std::string::npos);
  EXPECT_NE(rows.Cell("_rescued_data", 0).find("\"extra\":\"7\""), std::string::npos);
}

TEST(ParquetSourceTest, RefusesCutFiles) {
  const TemporaryFolder folder;
  WriteFile(folder, "a.parquet", TwoLongs("id", "n"));
  folder.Cut(folder.At("a.parquet"), std::filesystem::file_size(folder.At("a.parquet")) / 2);
  EXPECT_EQ(CodeOf([&] { Read({{"path", folder.path()}}); }), "LK-3510");
}

}  // namespace
}  // namespace lakehouse::ingestion::connectors::files
