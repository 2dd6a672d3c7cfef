#include "ingestion/connectors/files/cell_parser.h"

#include <arrow/type.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ingestion/connectors/files/type_inference.h"

namespace lakehouse::ingestion::connectors::files {
namespace {

TEST(CellParserTest, ReadsWholeNumbersOnlyWhole) {
  int64_t value = 0;
  EXPECT_TRUE(ParseBigint("-9223372036854775808", &value));
  EXPECT_EQ(value, INT64_MIN);
  EXPECT_TRUE(ParseBigint("+7", &value));
  EXPECT_EQ(value, 7);
  for (const char* text : {"", "+", "-", "+-1", "1 ", "1.0", "9223372036854775808", "0x10"}) {
    EXPECT_FALSE(ParseBigint(text, &value)) << text;
  }
}

TEST(CellParserTest, ReadsDoublesWithSpecialValues) {
  double value = 0;
  EXPECT_TRUE(ParseDouble("-1.5e3", &value));
  EXPECT_EQ(value, -1500);
  EXPECT_TRUE(ParseDouble("NaN", &value));
  EXPECT_TRUE(std::isnan(value));
  EXPECT_TRUE(ParseDouble("-Infinity", &value));
  EXPECT_EQ(value, -INFINITY);
  for (const char* text : {"", "--1", "1.5.2", "abc", "1e", "-"}) {
    EXPECT_FALSE(ParseDouble(text, &value)) << text;
  }
}

TEST(CellParserTest, ReadsDatesOfTheCalendar) {
  int32_t days = 0;
  EXPECT_TRUE(ParseDate("1970-01-02", &days));
  EXPECT_EQ(days, 1);
  EXPECT_TRUE(ParseDate("2012-02-29", &days));
  for (const char* text : {"2013-02-29", "2013-13-01", "2013-1-1", "2013-01-01 ", "13-01-01"}) {
    EXPECT_FALSE(ParseDate(text, &days)) << text;
  }
}

TEST(CellParserTest, ReadsTimestampsWithZones) {
  int64_t micros = 0;
  bool zoned = false;
  EXPECT_TRUE(ParseTimestamp("1970-01-01T00:00:01Z", &micros, &zoned));
  EXPECT_EQ(micros, 1'000'000);
  EXPECT_TRUE(zoned);
  EXPECT_TRUE(ParseTimestamp("1970-01-01 02:00:00.123456+02:00", &micros, &zoned));
  EXPECT_EQ(micros, 123'456);
  EXPECT_TRUE(ParseTimestamp("9999-12-31 23:59:59", &micros, &zoned));
  EXPECT_EQ(micros, 253'402'300'799'000'000);
  EXPECT_TRUE(ParseTimestamp("0001-01-01", &micros, &zoned));
  EXPECT_EQ(micros, -62'135'596'800'000'000);
  EXPECT_TRUE(ParseTimestamp("1970-01-01 00:01", &micros, &zoned));
  EXPECT_EQ(micros, 60'000'000);
  EXPECT_FALSE(zoned);
  // More digits than microseconds have would be lost.
  EXPECT_FALSE(ParseTimestamp("1970-01-01T00:00:00.1234567Z", &micros, &zoned));
  EXPECT_FALSE(ParseTimestamp("1970-01-01T24:00:00Z", &micros, &zoned));
  EXPECT_FALSE(ParseTimestamp("1970-01-01T00:00:00.", &micros, &zoned));
}

std::string Inferred(const std::vector<std::string>& cells) {
  TypeInference inference;
  for (const auto& cell : cells) inference.Observe(cell);
  return inference.Result()->ToString();
}

TEST(TypeInferenceTest, TakesTheNarrowestTypeOfAllCells) {
  EXPECT_EQ(Inferred({"1", "-2"}), "int64");
  EXPECT_EQ(Inferred({"1", "2.5"}), "double");
  EXPECT_EQ(Inferred({"true", "FALSE"}), "bool");
  EXPECT_EQ(Inferred({"2013-01-01"}), "date32[day]");
  EXPECT_EQ(Inferred({"2013-01-01", "2013-01-01T05:00:00Z"}), "timestamp[us, tz=UTC]");
  EXPECT_EQ(Inferred({"1", "2013-01-01"}), "string");
  EXPECT_EQ(Inferred({}), "string");
}

TEST(TypeInferenceTest, KeepsCodesWithLeadingZerosAsText) {
  EXPECT_EQ(Inferred({"00501", "10001"}), "string");
  EXPECT_EQ(Inferred({"0", "0.5"}), "double");
}

}  // namespace
}  // namespace lakehouse::ingestion::connectors::files
