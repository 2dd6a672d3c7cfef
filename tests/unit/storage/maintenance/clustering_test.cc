#include "storage/maintenance/clustering.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "fake_snapshot.h"

namespace lakehouse::storage::maintenance {
namespace {

using Files = std::vector<size_t>;
using File = FakeSnapshot::File;

const std::vector<ColumnPath> kColumns = {{"a"}, {"b"}};

File InCube(const std::string& id, int64_t bytes, const std::string& columns = R"(["a","b"])") {
  return {"", bytes, 100, 0, {{kCubeIdTag, id}, {kCubeColumnsTag, columns}}, kClusteringProvider};
}

ClusteringPlan Plan(const FakeSnapshot& snapshot, bool full = false) {
  return PlanClustering(snapshot, snapshot.All(), kColumns,
                        [&](size_t i) {
                          return FileClustering{snapshot.files()[i].tags,
                                                snapshot.files()[i].provider};
                        },
                        {.target_bytes = 10, .full = full});
}

TEST(Clustering, FilesOutsideOfCubesComeFirstAndCompleteCubesStay) {
  const FakeSnapshot snapshot(
      {InCube("small", 50), InCube("large", 600), InCube("large", 400), {"", 30}, {"", 20}});
  const auto plan = Plan(snapshot);
  ASSERT_EQ(plan.groups.size(), 1U);
  EXPECT_EQ(plan.groups[0].files, (Files{3, 4, 0}));
  EXPECT_EQ(plan.cubes, 1);
  EXPECT_EQ(plan.cube_files, 1);
  EXPECT_EQ(plan.cube_bytes, 50);
  EXPECT_EQ(plan.other_files, 2);
  EXPECT_EQ(plan.other_bytes, 50);
}

TEST(Clustering, OneCubeAloneIsNotClusteredAgain) {
  EXPECT_TRUE(Plan(FakeSnapshot({InCube("x", 5), InCube("x", 5)})).groups.empty());
  EXPECT_TRUE(Plan(FakeSnapshot({InCube("x", 5), InCube("x", 5)}), true).groups.empty());
  EXPECT_EQ(Plan(FakeSnapshot({InCube("x", 5), InCube("y", 5)})).groups.size(), 1U);
  EXPECT_EQ(Plan(FakeSnapshot({{"", 5}})).groups.size(), 1U);
}

TEST(Clustering, CubesOfOtherColumnsNeedFull) {
  const FakeSnapshot snapshot({InCube("x", 2000, R"(["a"])"), InCube("y", 2000)});
  EXPECT_TRUE(Plan(snapshot).groups.empty());
  const auto plan = Plan(snapshot, true);
  ASSERT_EQ(plan.groups.size(), 1U);
  EXPECT_EQ(plan.groups[0].files, (Files{0}));
}

TEST(Clustering, FilesOfAnotherProviderStay) {
  const FakeSnapshot snapshot({{"", 5, 100, 0, {}, "other"}, {"", 5}});
  ASSERT_EQ(Plan(snapshot).groups.size(), 1U);
  EXPECT_EQ(Plan(snapshot).groups[0].files, (Files{1}));
  ASSERT_EQ(Plan(snapshot, true).groups.size(), 1U);
  EXPECT_EQ(Plan(snapshot, true).groups[0].files, (Files{0, 1}));
}

TEST(Clustering, ManyFilesBecomeSeveralCubes) {
  std::vector<File> files(40, File{"", 100});
  const auto plan = Plan(FakeSnapshot(std::move(files)));
  ASSERT_EQ(plan.groups.size(), 3U);
  EXPECT_EQ(plan.groups[0].files.size(), 15U);
  EXPECT_EQ(plan.groups[2].files.size(), 10U);
}

TEST(Clustering, BothFormsOfTheDomainAreRead) {
  FakeSnapshot snapshot({});
  EXPECT_FALSE(ClusteringColumns(snapshot));
  snapshot.domains_[kClusteringDomain] = R"({"clusteringColumns":[["a"],["b"]]})";
  EXPECT_EQ(ClusteringColumns(snapshot), kColumns);
  snapshot.domains_[kClusteringDomain] = R"({"clusteringColumns":["a","b"]})";
  EXPECT_EQ(ClusteringColumns(snapshot), kColumns);
  snapshot.domains_[kClusteringDomain] = R"({"clusteringColumns":[]})";
  EXPECT_EQ(ClusteringColumns(snapshot), std::vector<ColumnPath>{});
  for (const char* wrong : {"", "[]", "{}", R"({"clusteringColumns":[["nothing"]]})",
                            R"({"clusteringColumns":[[]]})", R"({"clusteringColumns":[1]})"}) {
    snapshot.domains_[kClusteringDomain] = wrong;
    try {
      ClusteringColumns(snapshot);
      FAIL() << wrong;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "LK-3003");
    }
  }
}

TEST(Clustering, StatisticsAreThoseOfTheFirstLeavesOrOfTheListedColumns) {
  TableMetadata metadata;
  const auto number = DataType::Primitive(TypeId::kLong);
  metadata.schema.fields = {{"p", number},
                            {"s", DataType::Struct({{"x", number}, {"y", number}})},
                            {"l", DataType::Array(number, true)},
                            {"z", number}};
  metadata.partition_columns = {"p"};
  EXPECT_TRUE(HasStatistics(metadata, {"z"}));
  EXPECT_TRUE(HasStatistics(metadata, {"s", "y"}));
  EXPECT_FALSE(HasStatistics(metadata, {"s"}));
  EXPECT_FALSE(HasStatistics(metadata, {"l"}));
  EXPECT_FALSE(HasStatistics(metadata, {"p"}));
  metadata.properties["delta.dataSkippingNumIndexedCols"] = "2";
  EXPECT_TRUE(HasStatistics(metadata, {"s", "y"}));
  EXPECT_FALSE(HasStatistics(metadata, {"z"}));
  metadata.properties["delta.dataSkippingNumIndexedCols"] = "-1";
  EXPECT_TRUE(HasStatistics(metadata, {"z"}));
  metadata.properties["delta.dataSkippingStatsColumns"] = "z, `s`.`x`";
  EXPECT_TRUE(HasStatistics(metadata, {"z"}));
  EXPECT_TRUE(HasStatistics(metadata, {"s", "x"}));
  EXPECT_FALSE(HasStatistics(metadata, {"s", "y"}));
}

}  // namespace
}  // namespace lakehouse::storage::maintenance
