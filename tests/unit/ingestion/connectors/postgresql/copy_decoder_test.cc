#include "ingestion/connectors/postgresql/copy_decoder.h"

#include <gtest/gtest.h>

#include "ingestion/connectors/postgresql/numeric.h"
#include "ingestion/source_rows.h"

namespace lakehouse::ingestion::connectors::postgresql {
namespace {

const std::string kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
const std::string kRow7("\0\1\0\0\0\4\0\0\0\7", 10);
const std::string kRowNull("\0\1\377\377\377\377", 6);
const std::string kTrailer("\377\377", 2);

CopyDecoder OneInteger() {
  std::vector<std::unique_ptr<ValueDecoder>> columns;
  columns.push_back(
      MakeValueDecoder(WireForm::kInt32, WireForm::kInt32, arrow::int32(), {.column = "v"}));
  return CopyDecoder(arrow::schema({arrow::field("v", arrow::int32())}), std::move(columns));
}

TEST(CopyDecoderTest, DoesNotRelyOnTheBordersOfChunks) {
  const std::string stream = kHeader + kRow7 + kRowNull + kRow7 + kTrailer;
  for (size_t step = 1; step <= stream.size(); ++step) {
    Rescue rescue("t", false);
    CopyDecoder decoder = OneInteger();
    for (size_t i = 0; i < stream.size(); i += step) {
      decoder.Feed(std::string_view(stream).substr(i, step));
    }
    decoder.Finish();
    const auto batch = decoder.TakeBatch(rescue);
    ASSERT_EQ(batch->num_rows(), 3) << step;
    EXPECT_EQ(batch->column(0)->null_count(), 1);
  }
}

TEST(CopyDecoderTest, RefusesStreamsThatAreCutOrWrong) {
  CopyDecoder cut = OneInteger();
  cut.Feed(kHeader + kRow7);
  EXPECT_EQ(CodeOf([&] { cut.Finish(); }), "LK-5031");
  CopyDecoder unsigned_stream = OneInteger();
  EXPECT_EQ(CodeOf([&] { unsigned_stream.Feed(std::string(40, 'x')); }), "LK-5031");
  CopyDecoder width = OneInteger();
  EXPECT_EQ(CodeOf([&] { width.Feed(kHeader + std::string("\0\2", 2)); }), "LK-5031");
  CopyDecoder size = OneInteger();
  EXPECT_EQ(CodeOf([&] { size.Feed(kHeader + std::string("\0\1\0\0\0\2\0\7", 8)); }), "LK-5031");
}

TEST(NumericTest, WritesGroupsOfFourDigits) {
  // 2 groups, weight 1, positive, scale 2: 0001 0000 -> 10000.00
  EXPECT_EQ(NumericToText(std::string("\0\1\0\1\0\0\0\2\0\1", 10)), "10000.00");
  EXPECT_EQ(NumericToText(std::string("\0\1\377\377\100\0\0\2\4\322", 10)), "-0.12");
  EXPECT_EQ(NumericToText(std::string("\0\0\0\0\0\0\0\0", 8)), "0");
  EXPECT_EQ(NumericToText("abc"), std::nullopt);
}

}  // namespace
}  // namespace lakehouse::ingestion::connectors::postgresql
