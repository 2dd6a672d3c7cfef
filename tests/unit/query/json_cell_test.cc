#include "query/json_cell.h"

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

namespace lakehouse::query {
namespace {

std::string Json(const std::shared_ptr<arrow::DataType>& type, const std::string& value) {
  const auto array = arrow::json::ArrayFromJSONString(type, "[" + value + "]");
  EXPECT_TRUE(array.ok()) << array.status().ToString();
  std::string text;
  AppendJson(**array, 0, text);
  return text;
}

TEST(AppendJson, WritesValuesThatJsonHasAsThemselves) {
  EXPECT_EQ(Json(arrow::int64(), "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(Json(arrow::float64(), "1.5"), "1.5");
  EXPECT_EQ(Json(arrow::boolean(), "true"), "true");
  EXPECT_EQ(Json(arrow::utf8(), "null"), "null");
  EXPECT_EQ(Json(arrow::utf8(), R"("a\"b")"), R"("a\"b")");
}

TEST(AppendJson, WritesTheRestAsText) {
  EXPECT_EQ(Json(arrow::decimal128(9, 2), R"("1.50")"), R"("1.50")");
  EXPECT_EQ(Json(arrow::date32(), "0"), R"("1970-01-01")");
  EXPECT_EQ(Json(arrow::float64(), "NaN"), R"("nan")");
  EXPECT_EQ(Json(arrow::float64(), "Inf"), R"("inf")");
}

TEST(AppendJson, NestsListsStructsAndMaps) {
  const auto list = arrow::list(arrow::struct_({arrow::field("a", arrow::int32())}));
  EXPECT_EQ(Json(list, R"([{"a": 1}, null, {"a": null}])"), R"([{"a":1},null,{"a":null}])");
  EXPECT_EQ(Json(arrow::map(arrow::utf8(), arrow::int32()), R"([["k", 2]])"), R"({"k":2})");
  EXPECT_EQ(Json(arrow::map(arrow::int32(), arrow::int32()), "[[1, 2]]"), "[[1,2]]");
}

TEST(SqlTypeName, IsThatOfTheEngine) {
  EXPECT_EQ(SqlTypeName(*arrow::int64()), "BIGINT");
  EXPECT_EQ(SqlTypeName(*arrow::decimal128(12, 2)), "DECIMAL(12,2)");
  EXPECT_EQ(SqlTypeName(*arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
            "TIMESTAMP WITH TIME ZONE");
  EXPECT_EQ(SqlTypeName(*arrow::list(arrow::struct_({arrow::field("a", arrow::utf8())}))),
            "STRUCT(a VARCHAR)[]");
  EXPECT_EQ(SqlTypeName(*arrow::map(arrow::utf8(), arrow::date32())), "MAP(VARCHAR, DATE)");
}

}  // namespace
}  // namespace lakehouse::query
