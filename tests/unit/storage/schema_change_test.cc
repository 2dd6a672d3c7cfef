#include "storage/schema_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "error_code.h"

namespace lakehouse::storage {
namespace {

using ::testing::ElementsAre;

DataTypePtr Int() { return DataType::Primitive(TypeId::kInteger); }
Field Named(const std::string& name, DataTypePtr type = Int()) {
  return {name, std::move(type), true, {}};
}

/// a INT, s STRUCT<x, y>, l ARRAY<STRUCT<p>>, m MAP<STRING, STRUCT<q>>, part INT (partition)
TableMetadata Sample() {
  TableMetadata metadata;
  metadata.schema.fields = {Named("a"), Named("s", DataType::Struct({Named("x"), Named("y")})),
                            Named("l", DataType::Array(DataType::Struct({Named("p")}), true)),
                            Named("m", DataType::Map(DataType::Primitive(TypeId::kString),
                                                     DataType::Struct({Named("q")}), true)),
                            Named("part")};
  metadata.partition_columns = {"part"};
  return metadata;
}

std::string TypeOf(const TableMetadata& metadata, const ColumnPath& path) {
  return FindField(metadata.schema, path)->type->ToString();
}

TEST(SchemaChange, AddsColumnsWhereTheyAreWanted) {
  auto next = AddColumn(Sample(), {}, Named("b"), {ColumnPlace::kAfter, "A"});
  next = AddColumn(next, {}, Named("c"), {ColumnPlace::kFirst, ""});
  next = AddColumn(next, {"S"}, Named("z"), {ColumnPlace::kAfter, "x"});
  next = AddColumn(next, {"l", "element"}, Named("r"), {});
  next = AddColumn(next, {"m", "value"}, Named("t"), {ColumnPlace::kFirst, ""});
  EXPECT_THAT(next.schema.Names(), ElementsAre("c", "a", "b", "s", "l", "m", "part"));
  EXPECT_EQ(TypeOf(next, {"s"}), "struct<x:int,z:int,y:int>");
  EXPECT_EQ(TypeOf(next, {"l"}), "array<struct<p:int,r:int>>");
  EXPECT_EQ(TypeOf(next, {"m"}), "map<string,struct<t:int,q:int>>");
}

TEST(SchemaChange, RefusesNamesThatAreTakenOrMissing) {
  EXPECT_EQ(CodeOf([] { AddColumn(Sample(), {}, Named("A"), {}); }), "LK-4055");
  EXPECT_EQ(CodeOf([] { AddColumn(Sample(), {"s"}, Named("X"), {}); }), "LK-4055");
  EXPECT_EQ(CodeOf([] { AddColumn(Sample(), {"a"}, Named("x"), {}); }), "LK-4056");
  EXPECT_EQ(CodeOf([] { AddColumn(Sample(), {"l"}, Named("x"), {}); }), "LK-4056");
  EXPECT_EQ(CodeOf([] { AddColumn(Sample(), {}, Named("x"), {ColumnPlace::kAfter, "no"}); }),
            "LK-4056");
  EXPECT_EQ(CodeOf([] { RenameColumn(Sample(), {"a"}, "S"); }), "LK-4055");
  EXPECT_EQ(CodeOf([] { DropColumn(Sample(), {"no"}); }), "LK-4056");
}

TEST(SchemaChange, DropsAndRenames) {
  auto next = DropColumn(Sample(), {"s", "X"});
  EXPECT_EQ(TypeOf(next, {"s"}), "struct<y:int>");
  EXPECT_EQ(CodeOf([&] { DropColumn(next, {"s", "y"}); }), "LK-4059");
  EXPECT_EQ(CodeOf([&] { DropColumn(next, {"part"}); }), "LK-4059");
  next = RenameColumn(next, {"l", "element", "p"}, "first");
  EXPECT_EQ(TypeOf(next, {"l"}), "array<struct<first:int>>");
  next = RenameColumn(next, {"Part"}, "day");
  EXPECT_THAT(next.partition_columns, ElementsAre("day"));
  next = RenameColumn(next, {"a"}, "A");
  EXPECT_EQ(next.schema.fields[0].name, "A");
  next = DropColumn(DropColumn(DropColumn(next, {"s"}), {"l"}), {"m"});
  EXPECT_EQ(CodeOf([&] { DropColumn(next, {"a"}); }), "LK-4059");
}

TEST(SchemaChange, MovesAndDescribes) {
  auto next = MoveColumn(Sample(), {"m"}, {ColumnPlace::kFirst, ""});
  next = MoveColumn(next, {"a"}, {ColumnPlace::kAfter, "l"});
  EXPECT_THAT(next.schema.Names(), ElementsAre("m", "s", "l", "a", "part"));
  next = CommentColumn(next, {"s", "x"}, "it's \"x\"");
  EXPECT_EQ(FindField(next.schema, {"s", "x"})->metadata.at("comment"), R"("it's \"x\"")");
  next = CommentColumn(next, {"s", "x"}, "");
  EXPECT_TRUE(FindField(next.schema, {"s", "x"})->metadata.empty());
  EXPECT_FALSE(FindField(SetNullable(next, {"a"}, false).schema, {"a"})->nullable);
}

TEST(SchemaChange, ChecksPartitionColumns) {
  EXPECT_THAT(CheckPartitionColumns(Sample().schema, {"PART", "a"}), ElementsAre("part", "a"));
  EXPECT_EQ(CodeOf([] { CheckPartitionColumns(Sample().schema, {"s"}); }), "LK-3007");
  EXPECT_EQ(CodeOf([] { CheckPartitionColumns(Sample().schema, {"a", "A"}); }), "LK-3007");
}

}  // namespace
}  // namespace lakehouse::storage
