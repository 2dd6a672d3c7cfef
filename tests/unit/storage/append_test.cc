#include "storage/append.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <map>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "storage/arrow_schema.h"
#include "storage/delta/delta_table.h"
#include "storage/parquet/parquet_file.h"
#include "storage/variant.h"

namespace lakehouse::storage {
namespace {

const StorageContext kContext{&SystemClock(), &SystemRandom()};

std::shared_ptr<arrow::Array> Longs(const std::vector<int64_t>& values) {
  arrow::Int64Builder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return *builder.Finish();
}
std::shared_ptr<arrow::Array> Texts(const std::vector<std::string>& values) {
  arrow::StringBuilder builder;
  for (const std::string& text : values) {
    EXPECT_TRUE((text.empty() ? builder.AppendNull() : builder.Append(text)).ok());
  }
  return *builder.Finish();
}

class AppendTest : public testing::Test {
 protected:
  std::shared_ptr<Table> Create(std::vector<std::string> partitions = {}) {
    CreateTableOptions options;
    options.schema = {{{"id", DataType::Primitive(TypeId::kLong)},
                       {"country", DataType::Primitive(TypeId::kString)}}};
    options.partition_columns = std::move(partitions);
    return delta::CreateTable(location_, kContext, options, {});
  }
  CommitResult Write(Table& table, const std::vector<std::string>& names,
                     const std::vector<std::shared_ptr<arrow::Array>>& columns,
                     AppendOptions options = {}) {
    std::vector<std::shared_ptr<arrow::Field>> fields;
    for (size_t i = 0; i < names.size(); ++i) {
      fields.push_back(arrow::field(names[i], columns[i]->type()));
    }
    const auto batch =
        arrow::RecordBatch::Make(arrow::schema(fields), columns[0]->length(), columns);
    return Append(table, **arrow::RecordBatchReader::Make({batch}), options, kContext);
  }
  int64_t RowsOf(const std::string& path) {
    const auto reader = parquet::OpenParquet(location_.store->Open("t/" + path));
    int64_t rows = 0;
    std::shared_ptr<arrow::RecordBatch> batch;
    while (reader->ReadNext(&batch).ok() && batch) rows += batch->num_rows();
    return rows;
  }

  io::Location location_{io::MakeMemoryStore(), "t"};
};

TEST_F(AppendTest, WritesRowsWithStatistics) {
  const auto table = Create();
  const CommitResult result =
      Write(*table, {"id", "country"}, {Longs({3, 1, 2}), Texts({"DE", "", "AT"})});
  EXPECT_EQ(result.version, 1);
  const auto latest = table->Latest();
  ASSERT_EQ(latest->file_count(), 1u);
  EXPECT_EQ(latest->file(0).num_records, 3);
  EXPECT_EQ(RowsOf(std::string(latest->file(0).path)), 3);
  EXPECT_EQ(latest->Bounds({"id"})->min[0], Value{int64_t{1}});
  EXPECT_EQ(latest->Bounds({"id"})->max[0], Value{int64_t{3}});
  EXPECT_EQ(latest->Bounds({"country"})->null_count[0], 1);
  EXPECT_EQ(latest->Bounds({"country"})->min[0], Value{std::string("AT")});
}

TEST_F(AppendTest, SplitsPartitions) {
  const auto table = Create({"country"});
  Write(*table, {"id", "country"}, {Longs({1, 2, 3, 4}), Texts({"DE", "", "DE", "a b/c"})});
  const auto latest = table->Latest();
  ASSERT_EQ(latest->file_count(), 3u);
  int64_t rows = 0;
  for (size_t i = 0; i < 3; ++i) {
    const std::string path(latest->file(i).path);
    rows += RowsOf(path);
    const Value value = latest->partition_value(i, 0);
    if (value.is_null()) {
      EXPECT_EQ(path.find("country=__HIVE_DEFAULT_PARTITION__/"), 0u) << path;
    }
    if (value == Value{std::string("a b/c")}) {
      EXPECT_EQ(path.find("country=a%20b%2Fc/"), 0u) << path;
    }
  }
  EXPECT_EQ(rows, 4);
}

TEST_F(AppendTest, FitsColumnsByNameWithoutLoss) {
  const auto table = Create();
  arrow::Int32Builder builder;
  ASSERT_TRUE(builder.AppendValues({7}).ok());
  EXPECT_EQ(Write(*table, {"ID"}, {*builder.Finish()}).version, 1);
  EXPECT_EQ(table->Latest()->Bounds({"country"})->null_count[0], 1);
  EXPECT_EQ(CodeOf([&] { Write(*table, {"idd"}, {Longs({1})}); }), "LK-3521");
  EXPECT_EQ(CodeOf([&] { Write(*table, {"id"}, {Texts({"x"})}); }), "LK-3521");
}

TEST_F(AppendTest, RulesThatItDoesNotKeepAreRefusedBeforeItWrites) {
  const auto table = Create();
  const auto change = table->Begin(table->Latest());
  TableMetadata metadata = change->base()->metadata();
  metadata.properties["delta.constraints.positive"] = "id > 0";
  change->SetMetadata(metadata);
  ASSERT_EQ(change->Commit({}).outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(CodeOf([&] { Write(*table, {"id", "country"}, {Longs({1}), Texts({"DE"})}); }),
            "LK-3020");
  EXPECT_EQ(location_.store->List("t").size(), 0u);
  // And who does not ask is stopped by the commit.
  const auto bare = table->Begin(table->Latest());
  bare->AddFile({"f", 1, 1, {}, {}});
  EXPECT_EQ(CodeOf([&] { bare->Commit({}); }), "LK-3020");
}

TEST_F(AppendTest, WritesFilesOfMappedTables) {
  CreateTableOptions options;
  options.properties = {{"delta.columnMapping.mode", "name"},
                        {"delta.columnMapping.maxColumnId", "2"}};
  for (const std::string name : {"id", "country"}) {
    const std::string id = name == "id" ? "1" : "2";
    options.schema.fields.push_back(
        {name,
         DataType::Primitive(name == "id" ? TypeId::kLong : TypeId::kString),
         true,
         {{"delta.columnMapping.id", id},
          {"delta.columnMapping.physicalName", "\"col-" + id + "\""}}});
  }
  const auto table = delta::CreateTable(location_, kContext, options, {});
  EXPECT_EQ(Write(*table, {"id", "country"}, {Longs({7}), Texts({"DE"})}).version, 1);
  const auto latest = table->Latest();
  EXPECT_EQ(latest->Bounds({"id"})->max[0], Value{int64_t{7}});
  const auto schema =
      parquet::ReadParquetSchema(location_.store->Open("t/" + std::string(latest->file(0).path)));
  EXPECT_EQ(schema->field(0)->name(), "col-1");
}

TEST_F(AppendTest, AddsRowsWhereTheChangeFeedAndRowIdsAreOn) {
  CreateTableOptions options;
  options.schema = {
      {{"id", DataType::Primitive(TypeId::kLong)},
       {"country", DataType::Primitive(TypeId::kString), true, {{"CURRENT_DEFAULT", "\"'DE'\""}}}}};
  options.properties = {{"delta.enableChangeDataFeed", "true"},
                        {"delta.enableRowTracking", "true"}};
  const auto table = delta::CreateTable(location_, kContext, options, {});
  EXPECT_EQ(CodeOf([&] { Write(*table, {"id"}, {Longs({1})}); }), "LK-3020");
  EXPECT_EQ(Write(*table, {"id", "country"}, {Longs({1}), Texts({"DE"})}).version, 1);
  AppendOptions overwrite;
  overwrite.mode = WriteMode::kOverwrite;
  EXPECT_EQ(Write(*table, {"id", "country"}, {Longs({2}), Texts({"AT"})}, overwrite).version, 2);
  EXPECT_EQ(table->Latest()->total_records(), 1);
}

TEST_F(AppendTest, OverwriteReplacesRows) {
  const auto table = Create();
  Write(*table, {"id"}, {Longs({1})});
  AppendOptions options;
  options.mode = WriteMode::kOverwrite;
  Write(*table, {"id"}, {Longs({2, 3})}, options);
  EXPECT_EQ(table->Latest()->total_records(), 2);
  EXPECT_EQ(table->History(1).front().metrics.at("numRemovedFiles"), "1");
}

TEST_F(AppendTest, NewColumnsTakeNobodysChangeBack) {
  const auto table = Create();
  bool raced = false;
  AppendOptions options;
  options.evolve = [&](TableMetadata metadata) {
    if (!std::exchange(raced, true)) {
      auto theirs = metadata;
      theirs.description = "another writer's";
      const auto commit = table->Begin(table->Latest());
      commit->SetMetadata(theirs);
      EXPECT_EQ(commit->Commit({}).outcome, CommitOutcome::kCommitted);
    }
    metadata.schema.fields.push_back({"more", DataType::Primitive(TypeId::kLong)});
    return metadata;
  };
  const auto write = [&] {
    return Write(*table, {"id", "more"}, {Longs({1}), Longs({2})}, options);
  };
  EXPECT_EQ(write().outcome, CommitOutcome::kConflict);
  EXPECT_EQ(table->Latest()->total_records(), 0);
  EXPECT_EQ(write().outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(table->Latest()->metadata().description, "another writer's");
  EXPECT_EQ(table->Latest()->schema().fields.size(), 3U);
}

TEST_F(AppendTest, ABrokenSourceWritesNothing) {
  class Broken : public arrow::RecordBatchReader {
   public:
    std::shared_ptr<arrow::Schema> schema() const override {
      return arrow::schema({arrow::field("id", arrow::int64())});
    }
    arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>*) override {
      return arrow::Status::IOError("gone");
    }
  };
  const auto table = Create();
  Broken rows;
  EXPECT_EQ(CodeOf([&] { Append(*table, rows, {}, kContext); }), "LK-3523");
  EXPECT_EQ(table->Latest()->version(), 0);
}

TEST_F(AppendTest, AConflictLeavesNoFiles) {
  const auto table = Create();
  Write(*table, {"id"}, {Longs({1})});
  parquet::DataFileWriter writer(location_, table->Latest()->metadata(), {}, kContext);
  EXPECT_EQ(CodeOf([&] {
              const auto batch = arrow::RecordBatch::Make(
                  arrow::schema({arrow::field("other", arrow::int64())}), 1, {Longs({1})});
              writer.Write(*batch);
            }),
            "LK-3520");
  EXPECT_EQ(location_.store->List("t").size(), 1u);
}

TEST_F(AppendTest, UnknownCodecIsRefused) {
  const auto table = Create();
  AppendOptions options;
  options.files.compression = "zip";
  EXPECT_EQ(CodeOf([&] { Write(*table, {"id"}, {Longs({1})}, options); }), "LK-3522");
}

TEST_F(AppendTest, CutFilesAreCorrupt) {
  const auto table = Create();
  Write(*table, {"id"}, {Longs({1, 2, 3})});
  const std::string bytes =
      location_.store->Read("t/" + std::string(table->Latest()->file(0).path));
  for (size_t length = 0; length < bytes.size(); length += 37) {
    location_.store->Write("cut", bytes.substr(0, length));
    EXPECT_EQ(CodeOf([&] { parquet::OpenParquet(location_.store->Open("cut")); }), "LK-3510")
        << length;
  }
}

TEST_F(AppendTest, MakesVariantsOfJsonAndOfTheirBytes) {
  CreateTableOptions created;
  created.schema = {{{"v", DataType::Primitive(TypeId::kVariant), true, {}}}};
  const auto table = delta::CreateTable(location_, kContext, created, {});
  EXPECT_EQ(Write(*table, {"v"}, {Texts({R"({"a": 1})", ""})}).version, 1);
  arrow::BinaryBuilder values, names;
  const Variant seven = ParseVariant("7");
  EXPECT_TRUE(values.Append(seven.value).ok() && names.Append(seven.metadata).ok());
  const auto parts = arrow::StructArray::Make({*names.Finish(), *values.Finish()},
                                              std::vector<std::string>{"metadata", "value"});
  EXPECT_EQ(Write(*table, {"v"}, {*parts}).version, 2);
  EXPECT_EQ(CodeOf([&] { Write(*table, {"v"}, {Texts({"{"})}); }), "LK-4095");
  EXPECT_EQ(CodeOf([&] { Write(*table, {"v"}, {Longs({1})}); }), "LK-3521");
}

}  // namespace
}  // namespace lakehouse::storage
