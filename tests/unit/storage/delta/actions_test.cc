#include "storage/delta/log/actions.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "storage/delta/log/schema_json.h"

namespace lakehouse::storage::delta {
namespace {

template <typename Work>
std::string Code(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  return "";
}

std::string ParseCode(const std::string& text) {
  return Code([&] { ParseCommit(text, "test.json"); });
}

TEST(Actions, ReadsEveryPartOfAnAdd) {
  const Actions actions = ParseCommit(
      R"({"add":{"path":"d%3D1/a%20b.parquet","partitionValues":{"d":"1","e":null},"size":7,)"
      R"("modificationTime":9,"dataChange":false,"stats":"{\"numRecords\":3}","tags":{"t":"u"},)"
      R"("unknown":[{"x":1}]}})",
      "test.json");
  ASSERT_EQ(actions.adds.size(), 1u);
  const AddFile& add = *actions.adds[0];
  EXPECT_EQ(add.path, "d=1/a b.parquet");
  EXPECT_EQ(add.size_bytes, 7);
  EXPECT_EQ(add.modified_ms, 9);
  EXPECT_FALSE(add.data_change);
  EXPECT_EQ(add.partition_values.at("d"), "1");
  EXPECT_EQ(add.partition_values.at("e"), std::nullopt);
  EXPECT_EQ(add.stats, R"({"numRecords":3})");
  EXPECT_EQ(add.tags.at("t"), "u");
  EXPECT_EQ(add.deletion_vector, nullptr);
}

TEST(Actions, ReadsDeletionVectorsAndRowIds) {
  const Actions actions = ParseCommit(
      R"({"add":{"path":"a","deletionVector":{"storageType":"u","pathOrInlineDv":)"
      R"("ab^-aqEH.-t@S}K{vb[*k^","offset":4,"sizeInBytes":40,"cardinality":6},"baseRowId":7,)"
      R"("defaultRowCommitVersion":2,"clusteringProvider":"liquid"}})"
      "\n"
      R"({"remove":{"path":"a"}})",
      "test.json");
  const AddFile& add = *actions.adds.at(0);
  ASSERT_NE(add.deletion_vector, nullptr);
  EXPECT_EQ(add.deletion_vector->UniqueId(), "uab^-aqEH.-t@S}K{vb[*k^@4");
  EXPECT_EQ(add.deletion_vector->cardinality, 6);
  EXPECT_EQ(add.base_row_id, 7);
  EXPECT_EQ(add.default_row_commit_version, 2);
  EXPECT_EQ(add.clustering_provider, "liquid");
  EXPECT_EQ(actions.removes.at(0).deletion_vector, nullptr);
  const Actions again = ParseCommit(WriteCommit(actions), "written");
  EXPECT_EQ(*again.adds.at(0)->deletion_vector, *add.deletion_vector);
  EXPECT_EQ(again.adds.at(0)->base_row_id, 7);
}

TEST(Actions, DamagedDeletionVectorsAreNamed) {
  for (const char* vector :
       {R"({"storageType":"x","pathOrInlineDv":"","sizeInBytes":1,"cardinality":1})",
        R"({"storageType":"u","pathOrInlineDv":"short","sizeInBytes":1,"cardinality":1})",
        R"({"storageType":"p","pathOrInlineDv":"relative","sizeInBytes":1,"cardinality":1})",
        R"({"storageType":"i","pathOrInlineDv":"","sizeInBytes":1})",
        R"({"storageType":"i","pathOrInlineDv":"","sizeInBytes":-1,"cardinality":1})"}) {
    const std::string line = std::string(R"({"add":{"path":"a","deletionVector":)") + vector + "}}";
    EXPECT_EQ(ParseCode(line), "LK-3008") << vector;
  }
}

TEST(Actions, UnknownActionsArePassedOver) {
  const Actions actions = ParseCommit(
      "{\"later\":{\"path\":\"x\"}}\n\n{\"futureThing\":17}\r\n{\"add\":{\"path\":\"a\"}}",
      "test.json");
  EXPECT_EQ(actions.adds.size(), 1u);
}

TEST(Actions, ALineLongerThanAMegabyteHidesNothing) {
  const std::string longest =
      "{\"add\":{\"path\":\"a\",\"stats\":\"" + std::string(3 << 20, 's') + "\"}}\n";
  const Actions actions = ParseCommit(longest + "{\"add\":{\"path\":\"b\"}}\n", "test.json");
  EXPECT_EQ(actions.adds.size(), 2u);
}

TEST(Actions, DamagedLinesAreCorruption) {
  for (const char* text :
       {"", "\n\n", "{\"add\":{\"path\":\"a\"}", "{\"add\":{\"path\":\"a\"}}\n{\"add\":{\"pa",
        "{\"add\":{\"path\":\"a\"}{\"add\":{\"path\":\"b\"}}", "[]", "17", "{\"add\":{}}",
        "{\"add\":{\"path\":7}}", "{\"add\":{\"path\":\"a\",\"size\":\"7\"}}",
        "{\"add\":{\"path\":\"a\",\"size\":-1}}", "{\"add\":{\"path\":\"%2\"}}",
        "{\"add\":{\"path\":\"a\",\"partitionValues\":{\"p\":7}}}", "{\"add\":[]}",
        "{\"protocol\":{\"minReaderVersion\":1}}", "{\"metaData\":{\"id\":\"x\"}}",
        "{\"txn\":{\"appId\":\"a\"}}", "{\"add\":{\"path\":\"\xFF\"}}"}) {
    EXPECT_EQ(ParseCode(text), "LK-3003") << text;
  }
  EXPECT_EQ(ParseCode(std::string(50, '\0')), "LK-3003");
}

TEST(Actions, DuplicatesAreCorruption) {
  const std::string protocol = "{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":2}}\n";
  EXPECT_EQ(ParseCode(protocol), "");
  EXPECT_EQ(ParseCode(protocol + protocol), "LK-3003");
  EXPECT_EQ(ParseCode("{\"add\":{\"path\":\"/a\"}}\n{\"add\":{\"path\":\"file:/a\"}}"), "LK-3003");
}

TEST(Actions, DeepJsonIsRefusedInsteadOfRecursedInto) {
  const std::string deep(100'000, '[');
  EXPECT_EQ(ParseCode("{\"commitInfo\":{\"x\":" + deep + std::string(100'000, ']') + "}}"),
            "LK-3003");
  EXPECT_EQ(Code([&] { ParseSchema(deep); }), "LK-3003");
}

TEST(Actions, OtherFileFormatsAreRefused) {
  EXPECT_EQ(ParseCode(R"({"metaData":{"id":"x","format":{"provider":"orc"},"schemaString":"{}"}})"),
            "LK-3002");
}

TEST(Actions, WhatIsWrittenIsReadEqual) {
  Actions actions;
  actions.protocol = Protocol{3, 7, {"timestampNtz"}, {"timestampNtz", "domainMetadata"}};
  TableMetadata metadata;
  metadata.id = "id";
  metadata.name = "n\"1";
  metadata.description = "two\nlines";
  metadata.partition_columns = {"p"};
  metadata.properties = {{"k", "v"}};
  metadata.created_ms = 5;
  Field field{"a", DataType::Array(DataType::Decimal(10, 2), false), false, {{"comment", "\"c\""}}};
  metadata.schema.fields = {field, {"p", DataType::Primitive(TypeId::kTimestampNtz), true, {}}};
  actions.metadata = metadata;
  auto add = std::make_shared<AddFile>();
  add->path = "p=a:b/ü 100%.parquet";
  add->partition_values = {{"p", std::nullopt}};
  add->stats = "{\"numRecords\":1}";
  actions.adds.push_back(add);
  actions.removes.push_back({"old file", 12, false, nullptr, add});
  actions.changes.push_back({"_change_data/a b", 7, {{"p", "x"}}});
  actions.transactions.push_back({"app", {4, 5}});
  actions.domains.push_back({"d", "{\"x\":1}", false});
  HistoryEntry info;
  info.operation = "WRITE";
  info.parameters = {{"mode", "\"Append\""}};
  info.transaction_id = "t";
  info.metrics = {{"numFiles", "1"}};
  info.isolation_level = "Serializable";
  info.read_version = 3;
  info.tags = {{"delta.rowTracking.preserved", "true"}};
  actions.info = info;
  actions.in_commit_timestamp = 99;
  const std::string text = WriteCommit(actions);
  EXPECT_EQ(text.find("{\"commitInfo\":{\"inCommitTimestamp\":99"), 0u);
  EXPECT_NE(text.find("\"operationParameters\":{\"mode\":\"Append\"}"), std::string::npos);
  EXPECT_NE(text.find("\"operationMetrics\":{\"numFiles\":\"1\"}"), std::string::npos);
  EXPECT_NE(text.find("\"extendedFileMetadata\":true"), std::string::npos);
  const Actions read = ParseCommit(text, "test.json");
  EXPECT_EQ(read.protocol, actions.protocol);
  EXPECT_EQ(read.metadata, actions.metadata);
  EXPECT_EQ(read.adds[0]->path, add->path);
  EXPECT_EQ(read.adds[0]->partition_values, add->partition_values);
  EXPECT_EQ(read.removes[0].path, "old file");
  EXPECT_EQ(read.transactions[0].state.version, 4);
  EXPECT_EQ(read.domains[0].configuration, "{\"x\":1}");
  EXPECT_EQ(read.info->parameters, (std::map<std::string, std::string>{{"mode", "Append"}}));
  EXPECT_EQ(read.info->transaction_id, "t");
  EXPECT_EQ(read.info->isolation_level, "Serializable");
  EXPECT_EQ(read.info->read_version, 3);
  EXPECT_EQ(read.info->tags, info.tags);
  EXPECT_EQ(read.in_commit_timestamp, 99);
  ASSERT_EQ(read.changes.size(), 1u);
  EXPECT_EQ(read.changes[0].path, "_change_data/a b");
  EXPECT_EQ(read.changes[0].size_bytes, 7);
  EXPECT_EQ(read.changes[0].partition_values, actions.changes[0].partition_values);
}

TEST(Paths, AreEncodedSoThatNoPartReadsAsAScheme) {
  EXPECT_EQ(EncodePath("a:b/c d"), "a%3Ab/c%20d");
  EXPECT_EQ(EncodePath("s3://bucket/a:b"), "s3://bucket/a:b");
  EXPECT_EQ(EncodePath("/abs/a:b%"), "/abs/a:b%25");
  for (const char* path : {"plain", "ü/日本", "100%", "a b", "a:b", "#?[]", "/x:y"}) {
    EXPECT_EQ(DecodePath(EncodePath(path)), path);
  }
}

TEST(Paths, FileUrisAreTheSameAsAbsolutePaths) {
  EXPECT_EQ(KeyOf("file:/a/b"), "/a/b");
  EXPECT_EQ(KeyOf("file:///a/b"), "/a/b");
  EXPECT_EQ(KeyOf("/a/b"), "/a/b");
  EXPECT_EQ(KeyOf("a/b"), "a/b");
  EXPECT_EQ(KeyOf("s3://a/b"), "s3://a/b");
}

}  // namespace
}  // namespace lakehouse::storage::delta
