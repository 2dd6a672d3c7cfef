// Which protocol a table needs, and how it grows.
#include "storage/delta/log/protocol.h"

#include <gtest/gtest.h>

#include <ostream>

#include "error_code.h"
#include "storage/row_rules.h"

namespace lakehouse::storage {

void PrintTo(const Protocol& protocol, std::ostream* out) {
  *out << "(" << protocol.min_reader_version << "," << protocol.min_writer_version << ")";
  for (const std::string& feature : protocol.reader_features) *out << " r:" << feature;
  for (const std::string& feature : protocol.writer_features) *out << " w:" << feature;
}

namespace delta {
namespace {

using Names = std::vector<std::string>;

TableMetadata Plain(std::map<std::string, std::string> properties = {}) {
  TableMetadata metadata;
  metadata.schema = {{{"id", DataType::Primitive(TypeId::kLong)}}};
  metadata.properties = std::move(properties);
  return metadata;
}

TableMetadata Marked(const char* key, const char* value) {
  TableMetadata metadata = Plain();
  metadata.schema.fields[0].metadata[key] = value;
  return metadata;
}

TEST(Protocols, ListWhatReadersMustKnowTwice) {
  const auto code = [](Protocol protocol) {
    return CodeOf([&] { CheckReadable(protocol, Plain()); });
  };
  EXPECT_EQ(code({3, 7, {"v2Checkpoint"}, {"v2Checkpoint", "columnMapping"}}), "LK-3003");
  EXPECT_EQ(code({2, 7, {}, {"columnMapping"}}), "");
  EXPECT_EQ(code({3, 7, {"v2Checkpoint"}, {"v2Checkpoint", "rowTracking"}}), "");
}

TEST(Protocols, AreTheSmallestThatCoverANewTable) {
  const std::pair<TableMetadata, Protocol> cases[] = {
      {Plain(), {1, 2}},
      {Plain({{"delta.appendOnly", "true"}}), {1, 2}},
      {Marked("delta.invariants", "{}"), {1, 2}},
      {Plain({{"delta.constraints.c", "id > 0"}}), {1, 3}},
      {Plain({{"delta.enableChangeDataFeed", "true"}}), {1, 4}},
      {Marked("delta.generationExpression", "\"1\""), {1, 4}},
      {Plain({{"delta.columnMapping.mode", "name"}}), {2, 5}},
      {Marked("delta.identity.start", "1"), {1, 6}},
      {Marked("CURRENT_DEFAULT", "\"1\""), {1, 7, {}, {"allowColumnDefaults"}}},
      {Plain({{"delta.enableDeletionVectors", "true"}}),
       {3, 7, {"deletionVectors"}, {"deletionVectors"}}},
      {Plain({{"delta.enableInCommitTimestamps", "true"}}), {1, 7, {}, {"inCommitTimestamp"}}},
      {Plain({{"delta.enableRowTracking", "true"}}), {1, 7, {}, {"domainMetadata", "rowTracking"}}},
      {Plain({{"delta.checkpointPolicy", "v2"}}), {3, 7, {"v2Checkpoint"}, {"v2Checkpoint"}}},
      {Plain({{"delta.enableTypeWidening", "true"}}), {3, 7, {"typeWidening"}, {"typeWidening"}}},
      {Plain({{"delta.columnMapping.mode", "id"}, {"delta.enableRowTracking", "true"}}),
       {2, 7, {}, {"columnMapping", "domainMetadata", "rowTracking"}}},
      {Plain({{"delta.columnMapping.mode", "id"}, {"delta.enableDeletionVectors", "true"}}),
       {3, 7, {"columnMapping", "deletionVectors"}, {"columnMapping", "deletionVectors"}}},
  };
  for (const auto& [metadata, wanted] : cases) EXPECT_EQ(ProtocolFor(metadata), wanted);
}

TEST(Protocols, KeepWhatTheirVersionsImply) {
  const Protocol old{1, 4, {}, {}};
  EXPECT_EQ(WithFeaturesOf(old, Plain({{"delta.constraints.c", "x"}})), old);
  EXPECT_EQ(WithFeaturesOf(old, Plain({{"delta.columnMapping.mode", "name"}})),
            (Protocol{2, 5, {}, {}}));
  const Names implied = {"appendOnly", "invariants", "checkConstraints", "changeDataFeed",
                         "generatedColumns"};
  Names with = implied;
  with.push_back("deletionVectors");
  EXPECT_EQ(WithFeature(old, "deletionVectors"), (Protocol{3, 7, {"deletionVectors"}, with}));
  const Protocol mapped = WithFeature({2, 5, {}, {}}, "timestampNtz");
  EXPECT_EQ(mapped.reader_features, (Names{"columnMapping", "timestampNtz"}));
  EXPECT_TRUE(Supports(mapped, "changeDataFeed"));
  const Protocol domains = WithFeature({1, 2, {}, {}}, "clustering");
  EXPECT_EQ(domains,
            (Protocol{1, 7, {}, {"appendOnly", "invariants", "domainMetadata", "clustering"}}));
  EXPECT_EQ(WithFeature(domains, "domainMetadata"), domains);
}

TEST(Protocols, SupportWhatIsListedOrImplied) {
  EXPECT_TRUE(Supports({2, 5, {}, {}}, "columnMapping"));
  EXPECT_FALSE(Supports({1, 5, {}, {}}, "columnMapping")) << "readers need not know it";
  EXPECT_TRUE(Supports({2, 7, {}, {"columnMapping"}}, "columnMapping"));
  EXPECT_FALSE(Supports({3, 7, {}, {"columnMapping"}}, "columnMapping"));
  EXPECT_FALSE(Supports({1, 7, {}, {}}, "appendOnly"));
  EXPECT_TRUE(Supports({1, 7, {}, {"ofTomorrow"}}, "ofTomorrow"));
}

TEST(Protocols, AreAskedForByProperties) {
  TableMetadata metadata = Plain({{"delta.feature.deletionVectors", "supported"},
                                  {"delta.feature.clustering", "enabled"},
                                  {"delta.minReaderVersion", "1"},
                                  {"delta.minWriterVersion", "7"},
                                  {"owner", "red"}});
  const Protocol protocol = TakeProtocolProperties(ProtocolFor(metadata), metadata);
  EXPECT_EQ(metadata.properties, (std::map<std::string, std::string>{{"owner", "red"}}));
  EXPECT_EQ(protocol.reader_features, Names{"deletionVectors"});
  for (const char* feature : {"deletionVectors", "clustering", "domainMetadata", "appendOnly"}) {
    EXPECT_TRUE(Supports(protocol, feature)) << feature;
  }
  TableMetadata versions =
      Plain({{"delta.minReaderVersion", "2"}, {"delta.minWriterVersion", "5"}});
  EXPECT_EQ(TakeProtocolProperties({1, 2, {}, {}}, versions), (Protocol{2, 5, {}, {}}));
  TableMetadata lower = Plain({{"delta.minWriterVersion", "2"}});
  EXPECT_EQ(TakeProtocolProperties({1, 4, {}, {}}, lower), (Protocol{1, 4, {}, {}}));
}

TEST(Protocols, AreRefusedForWhatTheLogNeeds) {
  const auto code = [](const Protocol& protocol, const TableMetadata& metadata = Plain()) {
    return CodeOf([&] { CheckWritable(protocol, metadata); });
  };
  EXPECT_EQ(code({1, 8, {}, {}}), "LK-3020");
  EXPECT_EQ(code({1, 7, {}, {"ofTomorrow"}}), "LK-3020");
  EXPECT_EQ(code({1, 7, {}, {"icebergCompatV2"}}), "LK-3020");
  EXPECT_EQ(code({3, 7, {"variantShredding"}, {"variantShredding"}}), "LK-3020");
  EXPECT_EQ(code({3, 7, {"typeWidening-preview"}, {"typeWidening-preview"}}), "");
  EXPECT_EQ(code({3, 7, {"deletionVectors"}, {"deletionVectors", "rowTracking", "clustering"}}),
            "");
  EXPECT_EQ(code({1, 6, {}, {}}, Marked("delta.identity.start", "1")), "");
}

TEST(RowRulesOfTables, AreMissedByWhoDoesNotKnowThem) {
  const std::pair<TableMetadata, const char*> cases[] = {
      {Plain({{"delta.constraints.c", "id > 0"}}), "checkConstraints"},
      {Marked("delta.invariants", "{}"), "checkConstraints"},
      {Marked("delta.generationExpression", "\"1\""), "generatedColumns"},
      {Marked("delta.identity.start", "1"), "identityColumns"},
      {Marked("CURRENT_DEFAULT", "\"1\""), "allowColumnDefaults"},
      {Plain({{"delta.columnMapping.mode", "name"}}), "columnMapping"},
      {Plain({{"delta.enableChangeDataFeed", "true"}}), "changeDataFeed"},
      {Plain({{"delta.enableRowTracking", "TRUE"}}), "rowTracking"}};
  for (const auto& [metadata, name] : cases) {
    EXPECT_EQ(MissingRules(RulesOf(metadata), {}), Names{name});
    EXPECT_EQ(CodeOf([&] { CheckRowRules(RulesOf(metadata), {}); }), "LK-3020") << name;
  }
  EXPECT_EQ(RulesOf(Plain({{"delta.columnMapping.mode", "none"}})), RowRules{});
  CheckRowRules({}, {});
}

}  // namespace
}  // namespace delta
}  // namespace lakehouse::storage
