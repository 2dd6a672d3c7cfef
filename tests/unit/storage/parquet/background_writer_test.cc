#include "storage/parquet/background_writer.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <numeric>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "storage/arrow_schema.h"

namespace lakehouse::storage::parquet {
namespace {

const StorageContext kContext{&SystemClock(), &SystemRandom()};

class BackgroundWriterTest : public testing::Test {
 protected:
  BackgroundWriterTest() { metadata_.schema.fields = {{"n", DataType::Primitive(TypeId::kLong)}}; }
  std::unique_ptr<DataFileWriter> Files() {
    return std::make_unique<DataFileWriter>(location_, metadata_, DataFileOptions{}, kContext);
  }
  std::shared_ptr<arrow::RecordBatch> Batch(int64_t first, int64_t rows) const {
    std::vector<int64_t> numbers(static_cast<size_t>(rows));
    std::iota(numbers.begin(), numbers.end(), first);
    arrow::Int64Builder builder;
    EXPECT_TRUE(builder.AppendValues(numbers).ok());
    return arrow::RecordBatch::Make(ToArrow(metadata_.schema), rows, {*builder.Finish()});
  }
  size_t Objects() const { return location_.store->List("t").size(); }

  io::Location location_{io::MakeMemoryStore(), "t"};
  TableMetadata metadata_;
};

TEST_F(BackgroundWriterTest, WritesEveryBatchAndHandsTheFilesOver) {
  BackgroundWriter writer(Files());
  for (int64_t i = 0; i < 50; ++i) writer.Write(Batch(i * 100, 100));
  const auto files = writer.Finish();
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].stats.num_records, 5000);
  EXPECT_EQ(files[0].stats.leaves.at({"n"}).max, Value{int64_t{4999}});
  writer.TakeFiles()->Discard();
  EXPECT_EQ(Objects(), 0U);
}

TEST_F(BackgroundWriterTest, LeavesNothingWhenItDoesNotFinish) {
  {
    BackgroundWriter writer(Files());
    writer.Write(Batch(0, 100));
  }
  EXPECT_EQ(Objects(), 0U);
}

TEST_F(BackgroundWriterTest, ThrowsWhatWritingThrew) {
  BackgroundWriter writer(Files());
  const auto other = arrow::schema({arrow::field("other", arrow::int64())});
  writer.Write(arrow::RecordBatch::Make(other, 1, {Batch(0, 1)->column(0)}));
  EXPECT_EQ(CodeOf([&] { writer.Finish(); }), "LK-3520");
  EXPECT_EQ(CodeOf([&] { writer.Write(Batch(0, 1)); }), "LK-3520");
}

}  // namespace
}  // namespace lakehouse::storage::parquet
