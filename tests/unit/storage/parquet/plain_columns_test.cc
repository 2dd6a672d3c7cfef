#include "storage/parquet/plain_columns.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

namespace lakehouse::storage::parquet {
namespace {

using Names = std::vector<std::string>;

template <typename Builder, typename Make>
std::shared_ptr<arrow::Array> Column(int64_t rows, Make make) {
  Builder builder;
  for (int64_t i = 0; i < rows; ++i) EXPECT_TRUE(builder.Append(make(i)).ok());
  return *builder.Finish();
}

std::shared_ptr<arrow::Array> Numbers(int64_t rows, int64_t different) {
  return Column<arrow::Int64Builder>(rows, [&](int64_t i) { return i * 7919 % different; });
}

std::shared_ptr<arrow::Array> Texts(int64_t rows, int64_t different) {
  return Column<arrow::StringBuilder>(
      rows, [&](int64_t i) { return "text " + std::to_string(i * 7919 % different); });
}

Names PlainOf(const std::vector<std::shared_ptr<arrow::Array>>& columns) {
  arrow::FieldVector fields;
  for (size_t i = 0; i < columns.size(); ++i) {
    fields.push_back(arrow::field("c" + std::to_string(i), columns[i]->type()));
  }
  const auto schema = arrow::schema(fields);
  return PlainColumns(*arrow::RecordBatch::Make(schema, columns[0]->length(), columns), *schema);
}

TEST(PlainColumnsTest, ValuesThatNearlyAllDifferHaveNoDictionary) {
  EXPECT_EQ(PlainOf({Numbers(5000, 100), Numbers(5000, 1 << 20), Numbers(5000, 2500),
                     Texts(5000, 1 << 20), Texts(5000, 100)}),
            (Names{"c1", "c3"}));
}

TEST(PlainColumnsTest, EveryNumberIsCounted) {
  const auto small = Column<arrow::Int32Builder>(3000, [](int64_t i) { return int32_t(i); });
  const auto real = Column<arrow::DoubleBuilder>(3000, [](int64_t i) { return double(i) / 3; });
  arrow::Decimal128Builder decimals(arrow::decimal128(38, 2));
  for (int64_t i = 0; i < 3000; ++i) {
    EXPECT_TRUE(decimals.Append(arrow::Decimal128(i, 0)).ok());  // differ in the high word only
  }
  EXPECT_EQ(PlainOf({small, real, *decimals.Finish()}), (Names{"c0", "c1", "c2"}));
}

TEST(PlainColumnsTest, ASliceIsLookedAtFromItsStart) {
  const auto column =
      Column<arrow::Int64Builder>(4000, [](int64_t i) { return i < 2000 ? int64_t{1} : i; });
  EXPECT_EQ(PlainOf({column->Slice(2000)}), Names{"c0"});
  EXPECT_EQ(PlainOf({column->Slice(0, 2000)}), Names{});
}

TEST(PlainColumnsTest, FewRowsAndNullsTellNothing) {
  EXPECT_EQ(PlainOf({Numbers(1000, 1 << 20)}), Names{});
  arrow::Int64Builder mostly_null;
  for (int64_t i = 0; i < 5000; ++i) {
    EXPECT_TRUE((i % 10 == 0 ? mostly_null.Append(i) : mostly_null.AppendNull()).ok());
  }
  EXPECT_EQ(PlainOf({*mostly_null.Finish()}), Names{});
}

}  // namespace
}  // namespace lakehouse::storage::parquet
