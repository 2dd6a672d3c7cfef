#include <gtest/gtest.h>
#include <unistd.h>

#include "ingestion/connectors/files/file_source.h"
#include "ingestion/source_rows.h"
#include "ingestion/temporary_folder.h"

namespace lakehouse::ingestion::connectors::files {
namespace {

SourceRows Read(const SourceOptions& options, std::shared_ptr<arrow::Schema> target = nullptr,
                const SourceContext& context = {}) {
  return ReadSource(*MakeFileSource("csv", options), context, std::move(target));
}

TEST(CsvSourceTest, InfersTypesAndReadsValues) {
  const TemporaryFolder folder;
  folder.Write("a.csv",
               "id,price,ok,day,at,name,zip\n"
               "1,1.5,true,2013-01-31,2013-01-31T06:00:00Z,\"a, \"\"b\"\"\",00501\n"
               "2,2,false,2013-02-01,2013-02-01 00:00:00,\"two\nlines\",10001\n"
               "3,,,,,,\n");
  const SourceRows rows = Read({{"path", folder.At("a.csv")}});
  EXPECT_EQ(rows.TypeOf("id"), "int64");
  EXPECT_EQ(rows.TypeOf("price"), "double");
  EXPECT_EQ(rows.TypeOf("ok"), "bool");
  EXPECT_EQ(rows.TypeOf("day"), "date32[day]");
  EXPECT_EQ(rows.TypeOf("at"), "timestamp[us, tz=UTC]");
  EXPECT_EQ(rows.TypeOf("zip"), "string");
  ASSERT_EQ(rows.table->num_rows(), 3);
  EXPECT_EQ(rows.Cell("name", 0), "a, \"b\"");
  EXPECT_EQ(rows.Cell("name", 1), "two\nlines");
  EXPECT_EQ(rows.Cell("price", 1), "2");
  EXPECT_EQ(rows.Cell("price", 2), "null");
  EXPECT_EQ(rows.Cell("day", 0), "2013-01-31");
  EXPECT_EQ(rows.rescued, 0);
}

TEST(CsvSourceTest, ReadsGzipAndZipLikePlainFiles) {
  const TemporaryFolder folder;
  const std::string text = "id,name\n1,a\n2,b\n";
  folder.WriteGzip("a.csv.gz", text);
  folder.WriteZip("b.csv.zip", {{"b.csv", text}, {"__MACOSX/._b.csv", "junk"}, {"c.csv", text}});
  EXPECT_EQ(Read({{"path", folder.At("a.csv.gz")}}).table->num_rows(), 2);
  const SourceRows rows = Read({{"path", folder.At("b.csv.zip")}});
  EXPECT_EQ(rows.table->num_rows(), 4);
  EXPECT_EQ(rows.Cell("name", 3), "b");
}

TEST(CsvSourceTest, RejectsDamagedAndCutArchives) {
  const TemporaryFolder folder;
  std::string text = "id\n";
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919) + "\n";
  const std::string gzip = folder.WriteGzip("a.csv.gz", text);
  folder.Cut(gzip, std::filesystem::file_size(gzip) / 2);
  const std::string zip = folder.WriteZip("b.zip", {{"b.csv", text}});
  folder.Cut(zip, std::filesystem::file_size(zip) / 2);
  EXPECT_EQ(CodeOf([&] { Read({{"path", gzip}}); }), "LK-5031");
  EXPECT_EQ(CodeOf([&] { Read({{"path", zip}}); }), "LK-5031");
}

TEST(CsvSourceTest, RescuesCellsThatDoNotFit) {
  const TemporaryFolder folder;
  std::string text = "id,n\n";
  for (int i = 0; i < 20; ++i) text += std::to_string(i) + "," + std::to_string(i) + "\n";
  folder.Write("a.csv", text + "20,many\n");
  const SourceRows rows = Read({{"path", folder.At("a.csv")}, {"infer_rows", "10"}});
  EXPECT_EQ(rows.TypeOf("n"), "int64");
  EXPECT_EQ(rows.Cell("n", 20), "null");
  EXPECT_EQ(rows.Cell("id", 20), "20");
  EXPECT_EQ(rows.Cell("_rescued_data", 20),
            "{\"n\":\"many\",\"_file_path\":\"" + folder.At("a.csv") + "\"}");
  EXPECT_EQ(rows.Cell("_rescued_data", 19), "null");
  EXPECT_EQ(rows.rescued, 1);
}

TEST(CsvSourceTest, RescuesColumnsThatOnlyLaterFilesHave) {
  const TemporaryFolder folder;
  folder.Write("d/a.csv", "id,name\n1,a\n");
  folder.Write("d/b.csv", "NAME,extra,id\nb,x,2\nc,,3\n");
  const SourceRows rows = Read({{"path", folder.At("d")}});
  ASSERT_EQ(rows.table->num_rows(), 3);
  EXPECT_EQ(rows.Cell("name", 1), "b");
  EXPECT_EQ(rows.Cell("id", 1), "2");
  EXPECT_NE(rows.Cell("_rescued_data", 1).find("\"extra\":\"x\""), std::string::npos);
  EXPECT_EQ(rows.Cell("_rescued_data", 2), "null");
}

TEST(CsvSourceTest, FailsWithoutAPlaceForWhatDoesNotFit) {
  const TemporaryFolder folder;
  folder.Write("a.csv", "id\n1\nx\n");
  EXPECT_EQ(
      CodeOf([&] {
        Read({{"path", folder.At("a.csv")}, {"columns", "id bigint"}, {"rescued_data_column", ""}});
      }),
      "LK-5033");
}

TEST(CsvSourceTest, RejectsRowsWithAWrongNumberOfCells) {
  const TemporaryFolder folder;
  folder.Write("a.csv", "id,name\n1,a\n2\n3,c,d\n\"4\n5\",e\n6\n");
  const SourceRows rows = Read({{"path", folder.At("a.csv")}});
  EXPECT_EQ(rows.table->num_rows(), 2);
  ASSERT_EQ(rows.rejected.size(), 3U);
  EXPECT_EQ(rows.rejected[0].line, 3);
  EXPECT_EQ(rows.rejected[0].raw, "2");
  EXPECT_EQ(rows.rejected[1].line, 4);
  EXPECT_EQ(rows.rejected[2].line, 7);
}

TEST(CsvSourceTest, RejectsRowsThatAreNotUtf8AndKeepsTheOthers) {
  const TemporaryFolder folder;
  folder.Write("a.csv", "id,name\n1,good\n2,b\xff\x80z\n3,f\xc3\xbcr\n");
  const SourceRows rows = Read({{"path", folder.At("a.csv")}});
  ASSERT_EQ(rows.table->num_rows(), 2);
  EXPECT_EQ(rows.Cell("id", 1), "3");
  ASSERT_EQ(rows.rejected.size(), 1U);
  EXPECT_EQ(rows.rejected[0].line, 3);
  EXPECT_EQ(rows.rejected[0].raw, "2,b\\xff\\x80z");
}

TEST(CsvSourceTest, RefusesUtf16) {
  const TemporaryFolder folder;
  folder.Write("a.csv", std::string("\xff\xfei\0d\0\n\0", 8));
  EXPECT_EQ(CodeOf([&] { Read({{"path", folder.At("a.csv")}}); }), "LK-5003");
}

TEST(CsvSourceTest, HonoursDelimiterQuoteNullValuesAndTypes) {
  const TemporaryFolder folder;
  folder.Write("a.csv", "id;amount;note\n1;12.340;'x;y'\nNA;0.01;NA\n3;-1;''\n");
  const SourceRows rows = Read({{"path", folder.At("a.csv")},
                                {"delimiter", ";"},
                                {"quote", "'"},
                                {"null_values", R"(["NA", ""])"},
                                {"columns", R"x({"id": "int", "amount": "decimal(10,3)"})x"}});
  EXPECT_EQ(rows.TypeOf("id"), "int32");
  EXPECT_EQ(rows.Cell("amount", 0), "12.340");
  EXPECT_EQ(rows.Cell("note", 0), "x;y");
  EXPECT_EQ(rows.Cell("id", 1), "null");
  EXPECT_EQ(rows.Cell("note", 1), "null");
  EXPECT_EQ(rows.Cell("note", 2), "");
}

TEST(CsvSourceTest, ReadsFilesWithoutHeaderByPosition) {
  const TemporaryFolder folder;
  folder.Write("a.csv", "1,a\n2,b\n");
  const SourceRows named =
      Read({{"path", folder.At("a.csv")}, {"header", "false"}, {"columns", "id int, name string"}});
  ASSERT_EQ(named.table->num_rows(), 2);
  EXPECT_EQ(named.Cell("name", 0), "a");
  const SourceRows unnamed = Read({{"path", folder.At("a.csv")}, {"header", "false"}});
  EXPECT_EQ(unnamed.Cell("column_2", 1), "b");
}

TEST(CsvSourceTest, ReadsBlocksSmallerThanTheFile) {
  const TemporaryFolder folder;
  std::string text = "id,name\r\n";
  for (int i = 0; i < 20'000; ++i)
    text += std::to_string(i) + ",name " + std::to_string(i) + "\r\n";
  text += "20000,last without line end";
  folder.Write("a.csv", text);
  const SourceRows rows = Read({{"path", folder.At("a.csv")}, {"block_bytes", "4096"}});
  ASSERT_EQ(rows.table->num_rows(), 20'001);
  EXPECT_TRUE(rows.rejected.empty());
  EXPECT_EQ(rows.Cell("id", 12'345), "12345");
  EXPECT_EQ(rows.Cell("name", 20'000), "last without line end");
}

TEST(CsvSourceTest, RefusesRowsLongerThanABlock) {
  const TemporaryFolder folder;
  folder.Write("a.csv", "id\n" + std::string(10'000, 'x') + "\n1\n");
  EXPECT_EQ(CodeOf([&] { Read({{"path", folder.At("a.csv")}, {"block_bytes", "4096"}}); }),
            "LK-5032");
}

TEST(CsvSourceTest, ReadsOnForALongFirstRowAndRefusesOneThatIsLongerThanABlock) {
  const TemporaryFolder folder;
  const std::string name(5 << 20, 'n');  // more than is read at a time
  folder.Write("a.csv", "id," + name + "\n1,2\n");
  EXPECT_EQ(Read({{"path", folder.At("a.csv")}}).table->num_rows(), 1);
  EXPECT_EQ(CodeOf([&] { Read({{"path", folder.At("a.csv")}, {"block_bytes", "4096"}}); }),
            "LK-5032");
}

TEST(CsvSourceTest, SkipsLoadedFilesUntilTheyChange) {
  const TemporaryFolder folder;
  folder.Write("d/a.csv", "id\n1\n");
  folder.Write("d/_hidden.csv", "id\n9\n");
  folder.Write("d/sub/b.csv", "id\n2\n");
  const SourceRows first = Read({{"path", folder.At("d")}});
  EXPECT_EQ(first.table->num_rows(), 2);
  ASSERT_EQ(first.marks.size(), 2U);
  SourceContext loaded;
  loaded.loaded.insert(first.marks.begin(), first.marks.end());
  const SourceRows second = Read({{"path", folder.At("d")}}, nullptr, loaded);
  EXPECT_FALSE(second.discovery.anything);
  EXPECT_EQ(second.discovery.parts_skipped, 2);
  folder.Write("d/a.csv", "id\n1\n3\n");
  EXPECT_EQ(Read({{"path", folder.At("d")}}, nullptr, loaded).discovery.parts_new, 1);
}

TEST(CsvSourceTest, ExpandsGlobsAndNamePatterns) {
  const TemporaryFolder folder;
  folder.Write("d/a1.csv", "id\n1\n");
  folder.Write("d/a2.csv", "id\n2\n");
  folder.Write("d/b.txt", "id\n3\n");
  EXPECT_EQ(Read({{"path", folder.At("d/a*.csv")}}).table->num_rows(), 2);
  EXPECT_EQ(Read({{"path", folder.At("d")}, {"glob", "*.txt"}}).table->num_rows(), 1);
  EXPECT_EQ(CodeOf([&] { Read({{"path", folder.At("d/x*.csv")}}); }), "LK-5022");
  EXPECT_EQ(CodeOf([&] { Read({{"path", folder.At("none.csv")}}); }), "LK-5022");
  EXPECT_EQ(CodeOf([&] { Read({{"path", folder.At("**/a.csv")}}); }), "LK-5002");
}

TEST(CsvSourceTest, ChecksOptions) {
  EXPECT_EQ(CodeOf([] { MakeFileSource("csv", {{"path", "a"}, {"delimter", ";"}}); }), "LK-5001");
  EXPECT_EQ(CodeOf([] { MakeFileSource("csv", {}); }), "LK-5001");
  EXPECT_EQ(CodeOf([] { MakeFileSource("csv", {{"path", "a"}, {"header", "perhaps"}}); }),
            "LK-5002");
  EXPECT_EQ(CodeOf([] { MakeFileSource("csv", {{"path", "a"}, {"columns", "id biggint"}}); }),
            "LK-5002");
}

TEST(CsvSourceTest, RefusesToGuessColumnsOfEmptyFiles) {
  const TemporaryFolder folder;
  folder.Write("a.csv", "");
  EXPECT_EQ(CodeOf([&] { Read({{"path", folder.At("a.csv")}}); }), "LK-5033");
}

TEST(CsvSourceTest, NoticesAFileThatChangesWhileItIsRead) {
  const TemporaryFolder folder;
  folder.Write("a.csv", "id\n1\n");
  const auto source = MakeFileSource("csv", {{"path", folder.At("a.csv")}});
  source->Discover({});
  source->Start(source->ProposeSchema());
  SourceBatch batch;
  ASSERT_TRUE(source->Next(batch));
  folder.Write("a.csv", "id\n1\n2\n3\n");
  EXPECT_EQ(CodeOf([&] { source->Next(batch); }), "LK-5034");
}

TEST(CsvSourceTest, NamesFilesThatCannotBeRead) {
  const TemporaryFolder folder;
  folder.Write("a.csv", "id\n1\n");
  const auto source = MakeFileSource("csv", {{"path", folder.At("a.csv")}});
  source->Discover({});
  std::filesystem::remove(folder.At("a.csv"));
  EXPECT_EQ(CodeOf([&] { source->ProposeSchema(); }), "LK-5036");
}

TEST(CsvSourceTest, WantsValuesForNotNullColumns) {
  const TemporaryFolder folder;
  folder.Write("a.csv", "id,name\n1,a\n,b\n");
  folder.Write("b.csv", "name\na\n");
  const auto target = arrow::schema(
      {arrow::field("id", arrow::int64(), false), arrow::field("name", arrow::utf8())});
  EXPECT_EQ(CodeOf([&] { Read({{"path", folder.At("a.csv")}}, target); }), "LK-5033");
  EXPECT_EQ(CodeOf([&] { Read({{"path", folder.At("b.csv")}}, target); }), "LK-5033");
}

}  // namespace
}  // namespace lakehouse::ingestion::connectors::files
