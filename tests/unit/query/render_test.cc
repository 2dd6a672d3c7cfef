#include "query/render.h"

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

#include "error_code.h"

namespace lakehouse::query {
namespace {

/// The one value of a column given as JSON.
std::string Cell(const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  return FormatCell(*arrow::json::ArrayFromJSONString(type, "[" + json + "]").ValueOrDie(), 0);
}

TEST(FormatCell, WritesNumbers) {
  EXPECT_EQ(Cell(arrow::int64(), "null"), "NULL");
  EXPECT_EQ(Cell(arrow::null(), "null"), "NULL");
  EXPECT_EQ(Cell(arrow::boolean(), "true"), "true");
  EXPECT_EQ(Cell(arrow::int8(), "-5"), "-5");
  EXPECT_EQ(Cell(arrow::uint64(), "18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(Cell(arrow::float64(), "1"), "1.0");
  EXPECT_EQ(Cell(arrow::float64(), "0.1"), "0.1");
  EXPECT_EQ(Cell(arrow::float32(), "0.1"), "0.1");
  EXPECT_EQ(Cell(arrow::float64(), "1e30"), "1e+30");
  EXPECT_EQ(Cell(arrow::float64(), "NaN"), "nan");
  EXPECT_EQ(Cell(arrow::float64(), "-Inf"), "-inf");
  EXPECT_EQ(Cell(arrow::decimal128(10, 2), "\"-0.50\""), "-0.50");
  EXPECT_EQ(Cell(arrow::decimal128(18, 9), "\"0.000000000\""), "0.000000000");
  EXPECT_EQ(Cell(arrow::decimal128(38, 38), "\"-0.00000000000000000000000000000000000001\""),
            "-0.00000000000000000000000000000000000001");
  EXPECT_EQ(Cell(arrow::decimal256(40, 0), "\"1000000000\""), "1000000000");
}

TEST(FormatCell, WritesTextsAndBytes) {
  EXPECT_EQ(Cell(arrow::utf8(), "\"it's\""), "it's");
  EXPECT_EQ(Cell(arrow::binary(), "\"a\\u0000\\\\\""), "a\\x00\\x5C");
}

TEST(FormatCell, WritesDatesAndTimes) {
  EXPECT_EQ(Cell(arrow::date32(), "0"), "1970-01-01");
  EXPECT_EQ(Cell(arrow::date32(), "-1"), "1969-12-31");
  EXPECT_EQ(Cell(arrow::date32(), "-719162"), "0001-01-01");
  EXPECT_EQ(Cell(arrow::date32(), "-719163"), "0001-12-31 (BC)");
  EXPECT_EQ(Cell(arrow::date32(), "2932896"), "9999-12-31");
  EXPECT_EQ(Cell(arrow::date32(), "2147483647"), "infinity");
  const auto micros = arrow::timestamp(arrow::TimeUnit::MICRO);
  EXPECT_EQ(Cell(micros, "0"), "1970-01-01 00:00:00");
  EXPECT_EQ(Cell(micros, "-1"), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(Cell(micros, "1500000"), "1970-01-01 00:00:01.5");
  EXPECT_EQ(Cell(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), "0"), "1970-01-01 00:00:00+00");
  EXPECT_EQ(Cell(arrow::time64(arrow::TimeUnit::MICRO), "3661000001"), "01:01:01.000001");
}

TEST(FormatCell, WritesIntervals) {
  EXPECT_EQ(Cell(arrow::month_day_nano_interval(), "[14, 1, 5000000000]"),
            "1 year 2 months 1 day 00:00:05");
  EXPECT_EQ(Cell(arrow::month_day_nano_interval(), "[0, 0, 0]"), "00:00:00");
}

TEST(FormatCell, WritesNestedValues) {
  EXPECT_EQ(Cell(arrow::list(arrow::int32()), "[1, null]"), "[1, NULL]");
  EXPECT_EQ(Cell(arrow::list(arrow::int32()), "[]"), "[]");
  EXPECT_EQ(Cell(arrow::struct_({arrow::field("a", arrow::int32()),
                                 arrow::field("b", arrow::list(arrow::utf8()))}),
                 R"({"a": 1, "b": ["x"]})"),
            "{'a': 1, 'b': [x]}");
  EXPECT_EQ(Cell(arrow::map(arrow::utf8(), arrow::int32()), R"([["k", 1], ["l", null]])"),
            "{k=1, l=NULL}");
  EXPECT_EQ(Cell(arrow::dictionary(arrow::int8(), arrow::utf8()), "\"x\""), "x");
}

TEST(FormatCell, ReadsTheRowOfASlice) {
  const auto array =
      arrow::json::ArrayFromJSONString(arrow::struct_({arrow::field("a", arrow::int32())}),
                                       R"([{"a": 1}, {"a": 2}])")
          .ValueOrDie()
          ->Slice(1);
  EXPECT_EQ(FormatCell(*array, 0), "{'a': 2}");
}

TEST(FormatCell, RefusesOtherTypesByName) {
  EXPECT_EQ(CodeOf([] { Cell(arrow::float16(), "1"); }), "LK-4012");
}

}  // namespace
}  // namespace lakehouse::query
