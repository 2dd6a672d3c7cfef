#include "storage/delta/log/stats_json.h"

#include <gtest/gtest.h>

#include <cmath>

namespace lakehouse::storage::delta {
namespace {

Schema OneColumn(DataTypePtr type) { return Schema{{{"c", std::move(type), true, {}}}}; }

/// What is read back after the bounds were written.
LeafStats RoundTrip(const Value& min, const Value& max, const DataTypePtr& type) {
  FileStats stats;
  stats.num_records = 2;
  stats.leaves[{"c"}] = {min, max, 1};
  return ParseLeaf(WriteStats(stats, OneColumn(type)), {"c"}, *type);
}

Value Text(std::string text) { return Value{std::move(text)}; }

TEST(StatsJson, ShortValuesComeBackEqual) {
  const auto string = DataType::Primitive(TypeId::kString);
  const LeafStats text = RoundTrip(Text("a\"b"), Text("z\n"), string);
  EXPECT_EQ(text.min, Text("a\"b"));
  EXPECT_EQ(text.max, Text("z\n"));
  EXPECT_EQ(text.null_count, 1);
  const auto date = DataType::Primitive(TypeId::kDate);
  EXPECT_EQ(RoundTrip(Value{int64_t{-1}}, Value{int64_t{15'706}}, date).max,
            Value{int64_t{15'706}});
  const auto decimal = DataType::Decimal(10, 2);
  EXPECT_EQ(RoundTrip(Value{Int128{-150}}, Value{Int128{99'999}}, decimal).max,
            Value{Int128{99'999}});
  const auto number = DataType::Primitive(TypeId::kLong);
  EXPECT_EQ(RoundTrip(Value{INT64_MIN}, Value{INT64_MAX}, number).min, Value{INT64_MIN});
}

TEST(StatsJson, LongTextsAreCutToBoundsThatHold) {
  const auto type = DataType::Primitive(TypeId::kString);
  const std::vector<std::string> texts = {
      std::string(40, 'a'), std::string(31, 'b') + "\xF0\x9F\x98\x80" + "xyz",
      std::string(32, 'c') + "\xC3\xBC" + "d", std::string(32, '\x7F') + std::string(9, '\x7F')};
  for (const std::string& text : texts) {
    const LeafStats bounds = RoundTrip(Text(text), Text(text), type);
    EXPECT_TRUE(Compare(bounds.min, Text(text)) <= 0) << text;
    EXPECT_LT(std::get<std::string>(bounds.min.data).size(), text.size());
    ASSERT_FALSE(bounds.max.is_null());
    EXPECT_TRUE(Compare(bounds.max, Text(text)) >= 0) << text;
  }
}

TEST(StatsJson, TextThatIsNoUtf8HasNoBounds) {
  const LeafStats bounds =
      RoundTrip(Text("\x80"), Text("\xFF"), DataType::Primitive(TypeId::kString));
  EXPECT_TRUE(bounds.min.is_null());
  EXPECT_TRUE(bounds.max.is_null());
}

TEST(StatsJson, TimestampsAreFlooredAndUpperBoundsWidened) {
  for (const TypeId id : {TypeId::kTimestamp, TypeId::kTimestampNtz}) {
    const auto type = DataType::Primitive(id);
    for (const int64_t micros : {int64_t{1'357'034'400'123'456}, int64_t{-1}, int64_t{0}}) {
      const LeafStats bounds = RoundTrip(Value{micros}, Value{micros}, type);
      EXPECT_LE(std::get<int64_t>(bounds.min.data), micros);
      EXPECT_GE(std::get<int64_t>(bounds.max.data), micros);
      EXPECT_LT(std::get<int64_t>(bounds.max.data) - micros, 1000);
    }
  }
}

TEST(StatsJson, YearsBeyondFourDigitsAndNotFiniteNumbersAreLeftOut) {
  const auto far = Value{int64_t{400'000'000'000'000'000}};
  EXPECT_TRUE(RoundTrip(far, far, DataType::Primitive(TypeId::kTimestamp)).max.is_null());
  const auto day = Value{int64_t{5'000'000}};
  EXPECT_TRUE(RoundTrip(day, day, DataType::Primitive(TypeId::kDate)).max.is_null());
  const auto type = DataType::Primitive(TypeId::kDouble);
  const LeafStats bounds = RoundTrip(Value{1.5}, Value{std::nan("")}, type);
  EXPECT_EQ(bounds.min, Value{1.5});
  EXPECT_TRUE(bounds.max.is_null());
}

TEST(StatsJson, NestedLeavesAreNestedObjects) {
  const auto number = DataType::Primitive(TypeId::kInteger);
  const auto type = DataType::Struct({{"x.y", number, true, {}}, {"z", number, true, {}}});
  FileStats stats;
  stats.num_records = 4;
  stats.leaves[{"c", "x.y"}] = {Value{int64_t{1}}, Value{int64_t{2}}, 0};
  stats.leaves[{"c", "z"}] = {Value{int64_t{3}}, Value{int64_t{4}}, 1};
  const std::string text = WriteStats(stats, OneColumn(type));
  EXPECT_EQ(
      text,
      R"({"numRecords":4,"minValues":{"c":{"x.y":1,"z":3}},"maxValues":{"c":{"x.y":2,"z":4}},)"
      R"("nullCount":{"c":{"x.y":0,"z":1}}})");
  EXPECT_EQ(ParseLeaf(text, {"c", "z"}, *number).max, Value{int64_t{4}});
}

TEST(StatsJson, OddTextIsUnknown) {
  const auto number = DataType::Primitive(TypeId::kInteger);
  for (const char* text :
       {"", "x", "[]", "{}", "{\"numRecords\":}", "{\"numRecords\":\"7\"}", "{\"numRecords\":-5}",
        "{\"minValues\":7}", "{\"minValues\":{\"c\":\"text\"},\"maxValues\":{\"c\":1e400}}",
        "{\"maxValues\":{\"c\":99999999999}}",
        "{\"minValues\":{\"c\":null},\"nullCount\":{\"c\":-3}}"}) {
    EXPECT_EQ(ParseRecordCount(text), -1) << text;
    const LeafStats leaf = ParseLeaf(text, {"c"}, *number);
    EXPECT_TRUE(leaf.min.is_null()) << text;
    EXPECT_TRUE(leaf.max.is_null()) << text;
    EXPECT_EQ(leaf.null_count, -1) << text;
  }
  EXPECT_EQ(ParseRecordCount("{\"minValues\":{},\"numRecords\":8}"), 8);
  EXPECT_EQ(ParseRecordCount("{\"numRecords\":8}"), 8);
  const auto decimal = DataType::Decimal(5, 2);
  EXPECT_TRUE(ParseLeaf("{\"minValues\":{\"c\":1e300}}", {"c"}, *decimal).min.is_null());
  EXPECT_EQ(ParseLeaf("{\"minValues\":{\"c\":-1.25}}", {"c"}, *decimal).min, Value{Int128{-125}});
}

}  // namespace
}  // namespace lakehouse::storage::delta
