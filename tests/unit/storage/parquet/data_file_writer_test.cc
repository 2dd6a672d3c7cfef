#include "storage/parquet/data_file_writer.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "storage/arrow_schema.h"
#include "storage/parquet/parquet_file.h"

namespace lakehouse::storage::parquet {
namespace {

const StorageContext kContext{&SystemClock(), &SystemRandom()};

std::shared_ptr<arrow::Array> Doubles(const std::vector<double>& values) {
  arrow::DoubleBuilder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return *builder.Finish();
}
std::shared_ptr<arrow::Array> Texts(const std::vector<std::string>& values) {
  arrow::StringBuilder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return *builder.Finish();
}

class DataFileWriterTest : public testing::Test {
 protected:
  void Use(std::vector<Field> fields, std::vector<std::string> partitions = {}) {
    metadata_.schema.fields = std::move(fields);
    metadata_.partition_columns = std::move(partitions);
  }
  std::shared_ptr<arrow::RecordBatch> Batch(std::vector<std::shared_ptr<arrow::Array>> columns) {
    const int64_t rows = columns[0]->length();
    return arrow::RecordBatch::Make(ToArrow(metadata_.schema), rows, std::move(columns));
  }
  std::vector<NewFile> Write(const std::vector<std::shared_ptr<arrow::Array>>& columns) {
    DataFileWriter writer(location_, metadata_, options_, kContext);
    writer.Write(*Batch(columns));
    return writer.Finish();
  }
  int64_t RowsOf(const std::string& path) {
    const auto reader = OpenParquet(location_.store->Open("t/" + path));
    int64_t rows = 0;
    std::shared_ptr<arrow::RecordBatch> batch;
    while (reader->ReadNext(&batch).ok() && batch) rows += batch->num_rows();
    return rows;
  }

  io::Location location_{io::MakeMemoryStore(), "t"};
  TableMetadata metadata_;
  DataFileOptions options_;
};

const DataTypePtr kText = DataType::Primitive(TypeId::kString);
const DataTypePtr kNumber = DataType::Primitive(TypeId::kDouble);

TEST_F(DataFileWriterTest, NanHasNoBoundsAndZeroHasBothSigns) {
  Use({{"nan", kNumber}, {"zero", kNumber}});
  const auto files = Write({Doubles({1, std::nan(""), 3}), Doubles({0.0, 0.0, -0.0})});
  const auto& leaves = files.at(0).stats.leaves;
  EXPECT_TRUE(leaves.at({"nan"}).min.is_null());
  EXPECT_TRUE(leaves.at({"nan"}).max.is_null());
  EXPECT_EQ(leaves.at({"nan"}).null_count, 0);
  EXPECT_TRUE(std::signbit(std::get<double>(leaves.at({"zero"}).min.data)));
  EXPECT_FALSE(std::signbit(std::get<double>(leaves.at({"zero"}).max.data)));
}

TEST_F(DataFileWriterTest, LongTextsHaveALowerBoundOnly) {
  Use({{"t", kText}});
  const std::string low = std::string(1023, 'a') + "\xC3\xA4" + "tail";
  DataFileWriter writer(location_, metadata_, options_, kContext);
  writer.Write(*Batch({Texts({low, std::string(2000, 'z')})}));
  writer.Write(*Batch({Texts({"b"})}));
  const auto leaf = writer.Finish().at(0).stats.leaves.at({"t"});
  EXPECT_EQ(leaf.min, Value{std::string(1023, 'a')});
  EXPECT_TRUE(leaf.max.is_null());
}

TEST_F(DataFileWriterTest, TextThatIsNoUtf8HasNoBounds) {
  Use({{"t", kText}});
  const auto leaf = Write({Texts({"a", "\xFF"})}).at(0).stats.leaves.at({"t"});
  EXPECT_TRUE(leaf.min.is_null());
  EXPECT_TRUE(leaf.max.is_null());
}

TEST_F(DataFileWriterTest, LeavesOfStructsCountNullsOfTheirParents) {
  Use({{"s", DataType::Struct({{"x", kNumber}, {"y", kText}})}, {"z", kNumber}});
  options_.stats.first = 2;
  arrow::BooleanBuilder present;
  ASSERT_TRUE(present.AppendValues(std::vector<bool>{true, false}).ok());
  const auto flags = std::static_pointer_cast<arrow::BooleanArray>(*present.Finish());
  const auto structs = *arrow::StructArray::Make(
      {Doubles({1, 2}), Texts({"a", "b"})},
      {arrow::field("x", arrow::float64()), arrow::field("y", arrow::utf8())}, flags->values(), 1);
  const auto leaves = Write({structs, Doubles({5, 6})}).at(0).stats.leaves;
  EXPECT_EQ(leaves.size(), 2u);
  EXPECT_EQ(leaves.at({"s", "x"}).max, Value{1.0});
  EXPECT_EQ(leaves.at({"s", "y"}).null_count, 1);
}

TEST_F(DataFileWriterTest, NamedColumnsHaveStatisticsAndThoseOfTheClusteringAlways) {
  Use({{"a", kNumber}, {"b", kNumber}, {"c", kNumber}});
  metadata_.properties["delta.dataSkippingStatsColumns"] = "B, nothing";
  options_ = OptionsFor(metadata_, {}, {{"c"}});
  const auto leaves = Write({Doubles({1}), Doubles({2}), Doubles({3})}).at(0).stats.leaves;
  EXPECT_EQ(leaves.size(), 2u);
  EXPECT_EQ(leaves.at({"b"}).max, Value{2.0});
  EXPECT_EQ(leaves.at({"c"}).max, Value{3.0});
}

TEST_F(DataFileWriterTest, InfinitiesAreBounds) {
  Use({{"x", kNumber}});
  const double infinity = std::numeric_limits<double>::infinity();
  const auto leaf = Write({Doubles({-infinity, 1, infinity})}).at(0).stats.leaves.at({"x"});
  EXPECT_EQ(leaf.min, Value{-infinity});
  EXPECT_EQ(leaf.max, Value{infinity});
}

TEST_F(DataFileWriterTest, FilesOfAMappedTableHavePhysicalNamesAndIds) {
  const auto mapped = [](const std::string& name, DataTypePtr type, int id) {
    return Field{name,
                 std::move(type),
                 true,
                 {{"delta.columnMapping.id", std::to_string(id)},
                  {"delta.columnMapping.physicalName", "\"col-" + std::to_string(id) + "\""}}};
  };
  Use({mapped("a b", kNumber, 1), mapped("k", kText, 2)}, {"k"});
  metadata_.properties["delta.columnMapping.mode"] = "name";
  for (const bool change_data : {false, true}) {
    options_.change_data = change_data;
    const auto file = Write({Doubles({7}), Texts({"x"})}).at(0);
    const std::string folder = change_data ? "_change_data/col-2=x/cdc-" : "col-2=x/part-";
    EXPECT_EQ(file.path.substr(0, folder.size()), folder);
    EXPECT_EQ(file.stats.leaves.count({"a b"}), 1u);
    const auto schema = ReadParquetSchema(location_.store->Open("t/" + file.path));
    ASSERT_EQ(schema->num_fields(), 1);
    EXPECT_EQ(schema->field(0)->name(), "col-1");
    EXPECT_EQ(schema->field(0)->metadata()->Get("PARQUET:field_id").ValueOr(""), "1");
  }
}

TEST_F(DataFileWriterTest, LargeBatchesBecomeSeveralFiles) {
  Use({{"x", kNumber}});
  options_.row_group_rows = 1000;
  options_.target_file_bytes = 1;
  options_.compression = "uncompressed";
  std::vector<double> values(10'000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  const auto files = Write({Doubles(values)});
  EXPECT_GT(files.size(), 1u);
  int64_t rows = 0;
  for (const NewFile& file : files) {
    EXPECT_EQ(RowsOf(file.path), file.stats.num_records);
    rows += file.stats.num_records;
  }
  EXPECT_EQ(rows, 10'000);
}

TEST_F(DataFileWriterTest, PartitionsWithTheSameTextShareAFile) {
  Use({{"p", kNumber}, {"q", kText}, {"x", kNumber}}, {"p", "q"});
  const double nan = std::nan("");
  DataFileWriter writer(location_, metadata_, options_, kContext);
  for (int i = 0; i < 2; ++i) {
    writer.Write(*Batch({Doubles({nan, 0.0, -0.0, nan, 7}), Texts({"", "a", "a", "", "b"}),
                         Doubles({1, 2, 3, 4, 5})}));
  }
  const auto files = writer.Finish();
  ASSERT_EQ(files.size(), 3u);
  for (const NewFile& file : files) {
    EXPECT_EQ(RowsOf(file.path), file.stats.num_records);
    EXPECT_EQ(file.stats.leaves.size(), 1u);
    const bool is_seven = file.partition_values[0] == Value{7.0};
    EXPECT_EQ(file.stats.num_records, is_seven ? 2 : 4);
  }
}

TEST_F(DataFileWriterTest, APartitionColumnMayShareItsArrayWithAnother) {
  Use({{"p", kText}, {"x", kText}}, {"p"});
  const auto same = Texts({"a", "b"});
  const auto files = Write({same, same});
  ASSERT_EQ(files.size(), 2u);
  for (const NewFile& file : files) {
    EXPECT_EQ(file.stats.leaves.at({"x"}).min, file.partition_values[0]);
  }
}

TEST_F(DataFileWriterTest, PartitionTextMustBeUtf8) {
  Use({{"p", kText}, {"x", kNumber}}, {"p"});
  EXPECT_EQ(CodeOf([&] { Write({Texts({"\xFF"}), Doubles({1})}); }), "LK-3521");
}

TEST_F(DataFileWriterTest, ManyPartitionsKeepAllRows) {
  Use({{"p", kNumber}, {"x", kNumber}}, {"p"});
  std::vector<double> keys;
  for (int i = 0; i < 400; ++i) keys.push_back(i % 100);
  const auto files = Write({Doubles(keys), Doubles(keys)});
  EXPECT_EQ(files.size(), 100u);
  for (const NewFile& file : files) {
    EXPECT_EQ(file.stats.leaves.at({"x"}).min, file.partition_values[0]);
    EXPECT_EQ(file.stats.leaves.at({"x"}).max, file.partition_values[0]);
    EXPECT_EQ(file.stats.num_records, 4);
  }
}

TEST_F(DataFileWriterTest, UnfinishedWritersLeaveNothing) {
  Use({{"x", kNumber}});
  options_.target_file_bytes = 1;
  options_.row_group_rows = 10;
  {
    DataFileWriter writer(location_, metadata_, options_, kContext);
    writer.Write(*Batch({Doubles(std::vector<double>(100, 1.0))}));
  }
  EXPECT_TRUE(location_.store->List("t").empty());
  DataFileWriter writer(location_, metadata_, options_, kContext);
  writer.Write(*Batch({Doubles({1})}));
  writer.Finish();
  EXPECT_EQ(location_.store->List("t").size(), 1u);
  writer.Discard();
  EXPECT_TRUE(location_.store->List("t").empty());
}

TEST(DataFileOptions, ReadPropertiesOfTheTable) {
  TableMetadata metadata;
  metadata.properties = {{"delta.targetFileSize", "2mb"},
                         {"delta.dataSkippingNumIndexedCols", "-1"},
                         {"delta.parquet.compression.codec", "SNAPPY"}};
  const DataFileOptions options = OptionsFor(metadata);
  EXPECT_EQ(options.target_file_bytes, 2 << 20);
  EXPECT_EQ(options.stats.first, INT32_MAX);
  EXPECT_EQ(options.compression, "snappy");
}

/// Fails every append, as a full disk does.
class FullWriter : public io::ObjectWriter {
 public:
  void Append(std::span<const std::byte>) override {
    throw Error(ErrorKind::kResourceExhausted, "LK-8004", "the disk is full");
  }
  void Finish() override {}
  int64_t bytes_written() const override { return 0; }
};

TEST(WriteParquet, AFullDiskStaysAFullDisk) {
  const auto schema = arrow::schema({arrow::field("x", arrow::float64())});
  const auto rows =
      *arrow::RecordBatchReader::Make({arrow::RecordBatch::Make(schema, 1, {Doubles({1})})});
  FullWriter writer;
  EXPECT_EQ(CodeOf([&] { WriteParquet(*rows, writer); }), "LK-8004");
}

TEST(OpenParquet, CutAndChangedFilesAreTypedErrors) {
  const auto store = io::MakeMemoryStore();
  const auto schema = arrow::schema({arrow::field("x", arrow::float64())});
  const auto rows =
      *arrow::RecordBatchReader::Make({arrow::RecordBatch::Make(schema, 2, {Doubles({1, 2})})});
  const auto writer = store->Create("f");
  WriteParquet(*rows, *writer);
  writer->Finish();
  const std::string bytes = store->Read("f");
  const auto read_all = [&] {
    const auto reader = OpenParquet(store->Open("g"));
    std::shared_ptr<arrow::RecordBatch> batch;
    while (reader->ReadNext(&batch).ok() && batch) continue;
  };
  for (size_t length = 0; length < bytes.size(); ++length) {
    store->Write("g", bytes.substr(0, length));
    EXPECT_EQ(CodeOf(read_all), "LK-3510") << length;
  }
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    store->Write("g", changed);
    const std::string code = CodeOf(read_all);
    EXPECT_TRUE(code.empty() || code == "LK-3510" || code == "LK-0004") << at << " " << code;
  }
}

}  // namespace
}  // namespace lakehouse::storage::parquet
