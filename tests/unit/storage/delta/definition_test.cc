// What definitions of Delta tables keep: properties, ids of columns, wider types, clustering.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "error_code.h"
#include "storage/delta/commit/clustering_columns.h"
#include "storage/delta/log/column_ids.h"
#include "storage/delta/log/table_properties.h"
#include "storage/delta/log/type_widening.h"
#include "storage/schema_change.h"

namespace lakehouse::storage::delta {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::StartsWith;

DataTypePtr Type(TypeId id) { return DataType::Primitive(id); }
Field Named(const std::string& name, DataTypePtr type) { return {name, std::move(type), true, {}}; }

TableMetadata Sample() {
  TableMetadata metadata;
  metadata.schema.fields = {
      Named("a", Type(TypeId::kByte)),
      Named("l", DataType::Array(DataType::Struct({Named("p", Type(TypeId::kShort))}), true)),
      Named("m", DataType::Map(Type(TypeId::kString), Type(TypeId::kFloat), true))};
  return metadata;
}

std::string PropertyCode(const std::string& key, const std::string& value) {
  return CodeOf([&] { CheckProperties({{key, value}}, PropertyUse::kAlter); });
}

TEST(TableProperties, AreKnownByNameAndType) {
  EXPECT_THAT(
      CheckProperties({{"DELTA.appendonly", "TRUE"},
                       {"delta.isolationLevel", "serializable"},
                       {"delta.feature.appendOnly", "enabled"},
                       {"delta.logRetentionDuration", "interval 1 week 2 days"},
                       {"own", "x"}},
                      PropertyUse::kAlter),
      ElementsAre(Pair("delta.appendOnly", "true"), Pair("delta.feature.appendOnly", "supported"),
                  Pair("delta.isolationLevel", "Serializable"),
                  Pair("delta.logRetentionDuration", "interval 1 week 2 days"), Pair("own", "x")));
  EXPECT_EQ(PropertyCode("delta.nothing", "x"), "LK-4060");
  EXPECT_EQ(PropertyCode("delta.appendOnly", "1"), "LK-4061");
  EXPECT_EQ(PropertyCode("delta.checkpointInterval", "0"), "LK-4061");
  EXPECT_EQ(PropertyCode("delta.logRetentionDuration", "1 month"), "LK-4061");
  EXPECT_EQ(PropertyCode("delta.feature.x", "no"), "LK-4061");
  EXPECT_EQ(PropertyCode("delta.columnMapping.maxColumnId", "3"), "LK-4062");
  EXPECT_EQ(PropertyCode("delta.constraints.c", "a > 1"), "LK-4062");
  EXPECT_EQ(CheckProperties({{"delta.constraints.c", "a > 1"}}, PropertyUse::kCreate).size(), 1u);
}

TEST(ColumnIds, AreGivenAtEveryDepth) {
  TableMetadata metadata = Sample();
  EXPECT_EQ(WithColumnIds(metadata, PhysicalNames::kFresh, SystemRandom()), metadata);
  metadata.properties["delta.columnMapping.mode"] = "name";
  const auto fresh = WithColumnIds(metadata, PhysicalNames::kFresh, SystemRandom());
  EXPECT_EQ(fresh.properties.at("delta.columnMapping.maxColumnId"), "4");
  const Field& nested = *FindField(fresh.schema, {"l", "element", "p"});
  EXPECT_EQ(FieldId(nested), 3);
  EXPECT_THAT(PhysicalName(nested, ColumnMapping::kName), StartsWith("col-"));
  EXPECT_EQ(WithColumnIds(fresh, PhysicalNames::kKept, SystemRandom()), fresh);
  const auto kept = WithColumnIds(metadata, PhysicalNames::kKept, SystemRandom());
  EXPECT_EQ(PhysicalName(kept.schema.fields[0], ColumnMapping::kName), "a");
  EXPECT_EQ(WithoutColumnIds(fresh.schema), metadata.schema);
}

TEST(TypeWidening, WritesDownWhatChanged) {
  TableMetadata metadata = Sample();
  const auto code = [&](const ColumnPath& path, TypeId id) {
    return CodeOf([&] { WidenType(metadata, path, Type(id)); });
  };
  EXPECT_EQ(code({"a"}, TypeId::kLong), "LK-4058");
  metadata.properties["delta.enableTypeWidening"] = "true";
  auto next = WidenType(metadata, {"a"}, Type(TypeId::kInteger));
  next = WidenType(next, {"a"}, Type(TypeId::kLong));
  EXPECT_EQ(next.schema.fields[0].metadata.at("delta.typeChanges"),
            R"([{"toType":"integer","fromType":"byte"},{"toType":"long","fromType":"integer"}])");
  next = WidenType(next, {"l", "element", "p"}, Type(TypeId::kDouble));
  EXPECT_EQ(FindField(next.schema, {"l", "element", "p"})->metadata.at("delta.typeChanges"),
            R"([{"toType":"double","fromType":"short"}])");
  next = WidenType(next, {"m", "value"}, Type(TypeId::kDouble));
  EXPECT_EQ(next.schema.fields[2].metadata.at("delta.typeChanges"),
            R"([{"toType":"double","fromType":"float","fieldPath":"value"}])");
  CheckTypeChanges(next.schema);
  EXPECT_EQ(code({"a"}, TypeId::kString), "LK-4058");
  EXPECT_EQ(code({"m"}, TypeId::kString), "LK-4058");
}

TEST(Clustering, NeedsColumnsWithAnOrder) {
  TableMetadata metadata = Sample();
  EXPECT_THAT(CheckClustering(metadata, {{"A"}}), ElementsAre(ElementsAre("a")));
  const auto code = [&](const std::vector<ColumnPath>& columns) {
    return CodeOf([&] { CheckClustering(metadata, columns); });
  };
  EXPECT_EQ(code({{"a"}, {"A"}}), "LK-4068");
  EXPECT_EQ(code({{"m"}}), "LK-4068");
  EXPECT_EQ(code({{"no"}}), "LK-4056");
  EXPECT_EQ(ClusteringConfiguration(metadata.schema, {{"a"}}, ColumnMapping::kNone),
            R"({"clusteringColumns":[["a"]],"domainName":"delta.clustering"})");
  metadata.partition_columns = {"a"};
  EXPECT_EQ(code({{"a"}}), "LK-4068");
}

}  // namespace
}  // namespace lakehouse::storage::delta
