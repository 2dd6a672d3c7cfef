#include <arrow/api.h>
#include <gtest/gtest.h>

#include <cmath>

#include "error_code.h"
#include "storage/arrow_schema.h"
#include "storage/delta/log/schema_json.h"
#include "storage/delta/log/stats_json.h"
#include "storage/schema.h"
#include "storage/value.h"

namespace lakehouse::storage {
namespace {

DataTypePtr Type(TypeId id) { return DataType::Primitive(id); }

Schema Everything() {
  Schema schema;
  for (const TypeId id :
       {TypeId::kBoolean, TypeId::kByte, TypeId::kShort, TypeId::kInteger, TypeId::kLong,
        TypeId::kFloat, TypeId::kDouble, TypeId::kString, TypeId::kBinary, TypeId::kDate,
        TypeId::kTimestamp, TypeId::kTimestampNtz}) {
    schema.fields.push_back({"c" + std::to_string(schema.fields.size()), Type(id), true, {}});
  }
  const auto inner = DataType::Struct({{"x", DataType::Decimal(38, 10), false, {}}});
  schema.fields.push_back({"s", inner, true, {{"note", "\"n\""}}});
  schema.fields.push_back({"a", DataType::Array(inner, true), true, {}});
  schema.fields.push_back({"m", DataType::Map(Type(TypeId::kString), inner, false), true, {}});
  return schema;
}

TEST(Schema, RoundTripsThroughDeltaJson) {
  EXPECT_EQ(delta::ParseSchema(delta::WriteSchema(Everything())), Everything());
  EXPECT_EQ(CodeOf([] { delta::ParseSchema("{}"); }), "LK-3003");
  EXPECT_EQ(CodeOf([] { delta::ParseSchema("{"); }), "LK-3003");
  EXPECT_EQ(CodeOf([] {
              delta::ParseSchema(R"({"type":"struct","fields":[{"name":"a","type":"geometry"}]})");
            }),
            "LK-3002");
}

TEST(Schema, RoundTripsThroughArrow) {
  Schema expected = Everything();
  expected.fields[12].metadata.clear();
  EXPECT_EQ(FromArrow(*ToArrow(Everything())), expected);
  const auto time = arrow::schema({arrow::field("t", arrow::time64(arrow::TimeUnit::MICRO))});
  EXPECT_EQ(CodeOf([&] { FromArrow(*time); }), "LK-3504");
}

TEST(Schema, WrongOnesAreNamed) {
  const auto number = Type(TypeId::kLong);
  EXPECT_EQ(CodeOf([] { DataType::Decimal(39, 0); }), "LK-3501");
  EXPECT_EQ(CodeOf([] { DataType::Decimal(5, 6); }), "LK-3501");
  EXPECT_EQ(CodeOf([] { ValidateSchema({}); }), "LK-3502");
  EXPECT_EQ(CodeOf([&] { ValidateSchema({{{"a", number}, {"A", number}}}); }), "LK-3502");
  EXPECT_EQ(CodeOf([&] { ValidateSchema({{{"a b", number}}}); }), "LK-3502");
  EXPECT_EQ(CodeOf([&] { ValidateSchema({{{"", number}}}); }), "LK-3502");
}

TEST(Schema, PrintsSparksSpelling) {
  EXPECT_EQ(Everything().fields[13].type->ToString(), "array<struct<x:decimal(38,10)>>");
}

struct PartitionCase {
  std::string text;
  DataTypePtr type;
};

TEST(Value, PartitionTextRoundTrips) {
  const std::vector<PartitionCase> cases = {
      {"true", Type(TypeId::kBoolean)},
      {"-128", Type(TypeId::kByte)},
      {"9223372036854775807", Type(TypeId::kLong)},
      {"1.5", Type(TypeId::kDouble)},
      {"NaN", Type(TypeId::kDouble)},
      {"-0.05", DataType::Decimal(3, 2)},
      {"-99999999999999999999999999999999999999", DataType::Decimal(38, 0)},
      {"plain text", Type(TypeId::kString)},
      {"2013-02-28", Type(TypeId::kDate)},
      {"1969-12-31T23:59:59.999999Z", Type(TypeId::kTimestamp)},
      {"2024-02-29 12:30:00.000001", Type(TypeId::kTimestampNtz)}};
  for (const PartitionCase& c : cases) {
    EXPECT_EQ(ToPartitionText(FromPartitionText(c.text, *c.type), *c.type), c.text);
  }
}

TEST(Value, ReadsBothTimestampForms) {
  const auto type = Type(TypeId::kTimestamp);
  const Value expected{int64_t{1'000'000}};
  for (const char* text : {"1970-01-01 00:00:01", "1970-01-01T00:00:01Z", "1970-01-01 00:00:01.0",
                           "1970-01-01T02:00:01+02:00"}) {
    EXPECT_EQ(FromPartitionText(text, *type), expected) << text;
  }
  EXPECT_TRUE(FromPartitionText("", *type).is_null());
}

TEST(Value, RefusesOtherTexts) {
  for (const auto& [text, type] : std::vector<PartitionCase>{{"x", Type(TypeId::kLong)},
                                                             {"128", Type(TypeId::kByte)},
                                                             {"1.", Type(TypeId::kInteger)},
                                                             {"2013-02-30", Type(TypeId::kDate)},
                                                             {"1000", DataType::Decimal(3, 0)},
                                                             {"1.001", DataType::Decimal(5, 2)},
                                                             {"-", DataType::Decimal(5, 2)},
                                                             {"TRUE", Type(TypeId::kBoolean)}}) {
    EXPECT_EQ(CodeOf([&] { FromPartitionText(text, *type); }), "LK-3503") << text;
  }
}

TEST(Value, NanIsGreatest) {
  EXPECT_TRUE(Compare(Value{std::nan("")}, Value{HUGE_VAL}) > 0);
  EXPECT_TRUE(Compare(Value{1.0}, Value{2.0}) < 0);
  EXPECT_TRUE(Compare(Value{std::string("a")}, Value{std::string("b")}) < 0);
}

LeafStats ThroughJson(const LeafStats& leaf, const DataTypePtr& type) {
  FileStats stats;
  stats.num_records = 5;
  stats.leaves[{"c"}] = leaf;
  const std::string json = delta::WriteStats(stats, Schema{{{"c", type}}});
  EXPECT_EQ(delta::ParseRecordCount(json), 5);
  return delta::ParseLeaf(json, {"c"}, *type);
}

TEST(Stats, LongTextsGetValidBounds) {
  const std::string low(40, 'a'), high(40, 'z');
  const LeafStats leaf = ThroughJson({Value{low}, Value{high}, 0}, Type(TypeId::kString));
  EXPECT_EQ(leaf.min, Value{std::string(32, 'a')});
  EXPECT_TRUE(Compare(leaf.max, Value{high}) > 0);
  EXPECT_LE(std::get<std::string>(leaf.max.data).size(), 36u);
  const std::string top = std::string(32, 'z') + "\xF4\x8F\xBF\xBF";
  EXPECT_TRUE(ThroughJson({Value{low}, Value{top}, 0}, Type(TypeId::kString)).max.is_null());
}

TEST(Stats, TimestampsStayInsideTheirBounds) {
  const LeafStats leaf = ThroughJson({Value{int64_t{-1'234'567}}, Value{int64_t{1'234'567}}, 1},
                                     Type(TypeId::kTimestamp));
  EXPECT_LE(std::get<int64_t>(leaf.min.data), -1'234'567);
  EXPECT_GE(std::get<int64_t>(leaf.max.data), 1'234'567);
  EXPECT_EQ(leaf.null_count, 1);
}

TEST(Stats, NumbersAreExact) {
  const LeafStats big = ThroughJson({Value{INT64_MIN}, Value{INT64_MAX}, 0}, Type(TypeId::kLong));
  EXPECT_EQ(big.max, Value{INT64_MAX});
  EXPECT_EQ(big.min, Value{INT64_MIN});
  EXPECT_TRUE(
      ThroughJson({Value{std::nan("")}, Value{HUGE_VAL}, 0}, Type(TypeId::kDouble)).max.is_null());
}

TEST(Stats, OddTextIsUnknown) {
  for (const char* json : {"", "{", "[]", "{\"minValues\":5}", "{\"minValues\":{\"c\":\"x\"}}"}) {
    const LeafStats leaf = delta::ParseLeaf(json, {"c"}, *Type(TypeId::kLong));
    EXPECT_TRUE(leaf.min.is_null() && leaf.max.is_null() && leaf.null_count == -1) << json;
  }
}

}  // namespace
}  // namespace lakehouse::storage
