#include <gtest/gtest.h>

#include "ingestion/connectors/files/file_source.h"
#include "ingestion/source_rows.h"
#include "ingestion/temporary_folder.h"

namespace lakehouse::ingestion::connectors::files {
namespace {

SourceRows Read(const SourceOptions& options, std::shared_ptr<arrow::Schema> target = nullptr) {
  return ReadSource(*MakeFileSource("json", options), {}, std::move(target));
}

TEST(JsonSourceTest, InfersNestedTypes) {
  const TemporaryFolder folder;
  folder.WriteGzip("a.json.gz",
                   "{\"id\": 1, \"x\": 1, \"tags\": [\"a\", null], \"at\": {\"lat\": 1.5}}\n"
                   "\n"
                   "{\"id\": 2, \"x\": 2.5, \"tags\": [], \"at\": {\"lat\": 2, \"lon\": true}}\n"
                   "{\"id\": 3, \"big\": 18446744073709551615, \"mixed\": [1, \"a\"]}");
  const SourceRows rows = Read({{"path", folder.At("a.json.gz")}});
  ASSERT_EQ(rows.table->num_rows(), 3);
  EXPECT_EQ(rows.TypeOf("id"), "int64");
  EXPECT_EQ(rows.TypeOf("x"), "double");
  EXPECT_EQ(rows.TypeOf("tags"), "list<item: string>");
  EXPECT_EQ(rows.TypeOf("at"), "struct<lat: double, lon: bool>");
  EXPECT_EQ(rows.TypeOf("big"), "string");
  EXPECT_EQ(rows.Cell("big", 2), "18446744073709551615");
  EXPECT_EQ(rows.Cell("at", 2), "null");
  EXPECT_EQ(rows.TypeOf("mixed"), "list<item: string>");
  EXPECT_EQ(rows.rescued, 0);
}

TEST(JsonSourceTest, RescuesWhatDoesNotFitWithItsPlace) {
  const TemporaryFolder folder;
  folder.Write("a.json",
               "{\"id\": 1, \"s\": {\"a\": 1}, \"l\": [1], \"m\": {\"k\": 1}}\n"
               "{\"ID\": \"x\", \"s\": {\"a\": \"y\", \"b\": 2}, \"l\": [1, \"z\"], \"new\": [1]}\n"
               "{\"id\": 3, \"s\": 5, \"m\": {\"k\": 1, \"q\": null}}\n");
  const auto target =
      arrow::schema({arrow::field("id", arrow::int32()),
                     arrow::field("s", arrow::struct_({arrow::field("a", arrow::int64())})),
                     arrow::field("l", arrow::list(arrow::int64())),
                     arrow::field("m", arrow::map(arrow::utf8(), arrow::int64())),
                     arrow::field("_rescued_data", arrow::utf8())});
  const SourceRows rows = Read({{"path", folder.At("a.json")}}, target);
  ASSERT_EQ(rows.table->num_rows(), 3);
  EXPECT_EQ(rows.Cell("_rescued_data", 0), "null");
  const std::string rescued = rows.Cell("_rescued_data", 1);
  for (const char* part : {"\"ID\":\"x\"", "\"s.a\":\"y\"", "\"s.b\":\"2\"", "\"l[1]\":\"z\"",
                           "\"new\":\"[1]\"", "\"_file_path\""}) {
    EXPECT_NE(rescued.find(part), std::string::npos) << part << " in " << rescued;
  }
  EXPECT_NE(rows.Cell("_rescued_data", 2).find("\"s\":\"5\""), std::string::npos);
  EXPECT_EQ(rows.rescued, 2);
}

TEST(JsonSourceTest, RejectsLinesThatAreNoObjects) {
  const TemporaryFolder folder;
  folder.Write("a.json", "{\"id\": 1}\n{\"id\": \n[1]\n{\"id\": \"\xff\"}\n" +
                             std::string(200, '[') + "\n{\"id\": 2}\n");
  const SourceRows rows = Read({{"path", folder.At("a.json")}});
  EXPECT_EQ(rows.table->num_rows(), 2);
  ASSERT_EQ(rows.rejected.size(), 4U);
  EXPECT_EQ(rows.rejected[0].line, 2);
  EXPECT_EQ(rows.rejected[1].line, 3);
  EXPECT_EQ(rows.rejected[2].raw, "{\"id\": \"\\xff\"}");
  EXPECT_EQ(rows.rejected[3].line, 5);
}

TEST(JsonSourceTest, RefusesOneLargeDocument) {
  const TemporaryFolder folder;
  folder.Write("a.json", "[" + std::string(3 << 20, ' ') + "]");
  EXPECT_EQ(CodeOf([&] { Read({{"path", folder.At("a.json")}, {"block_bytes", "4096"}}); }),
            "LK-5032");
}

}  // namespace
}  // namespace lakehouse::ingestion::connectors::files
