#include "storage/parquet/parquet_file.h"

#include <arrow/api.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "storage/parquet/arrow_io.h"
#include "storage/parquet/writer_properties.h"

namespace lakehouse::storage::parquet {
namespace {

/// Parquet's exceptions become Corruption LK-3510.
template <typename Work>
auto Guard(const std::string& doing, Work work) {
  try {
    return work();
  } catch (const ::parquet::ParquetException& error) {
    throw Error(ErrorKind::kCorruption, "LK-3510", doing + ": " + error.what(),
                "The file is cut, damaged, or no Parquet file.");
  }
}

std::unique_ptr<::parquet::arrow::FileReader> OpenReader(std::shared_ptr<io::ObjectReader> file,
                                                         const std::string& doing) {
  return Guard(doing, [&] {
    ::parquet::arrow::FileReaderBuilder builder;
    Check(builder.Open(std::make_shared<ArrowInput>(std::move(file))), doing);
    ::parquet::ArrowReaderProperties properties(/*use_threads=*/false);
    properties.set_batch_size(64 << 10);
    builder.properties(properties);
    std::unique_ptr<::parquet::arrow::FileReader> reader;
    Check(builder.Build(&reader), doing);
    return reader;
  });
}

/// Keeps the file open as long as its batches are read, and translates errors.
class OwningReader : public arrow::RecordBatchReader {
 public:
  OwningReader(std::unique_ptr<::parquet::arrow::FileReader> file, const std::vector<int>& leaves,
               std::string doing)
      : file_(std::move(file)), doing_(std::move(doing)) {
    std::vector<int> groups(static_cast<size_t>(file_->num_row_groups()));
    for (size_t i = 0; i < groups.size(); ++i) groups[i] = static_cast<int>(i);
    batches_ =
        Guard(doing_, [&] { return Check(file_->GetRecordBatchReader(groups, leaves), doing_); });
  }
  std::shared_ptr<arrow::Schema> schema() const override { return batches_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    Guard(doing_, [&] {
      Check(batches_->ReadNext(batch), doing_);
      return true;
    });
    return arrow::Status::OK();
  }

 private:
  std::unique_ptr<::parquet::arrow::FileReader> file_;
  std::shared_ptr<arrow::RecordBatchReader> batches_;
  const std::string doing_;
};

/// The leaf columns below the wanted top-level ones.
std::vector<int> LeavesOf(const ::parquet::arrow::FileReader& file,
                          const std::vector<std::string>& columns) {
  const ::parquet::SchemaDescriptor* schema = file.parquet_reader()->metadata()->schema();
  std::vector<int> leaves;
  for (int i = 0; i < schema->num_columns(); ++i) {
    const std::string& top = schema->GetColumnRoot(i)->name();
    if (columns.empty() || std::find(columns.begin(), columns.end(), top) != columns.end()) {
      leaves.push_back(i);
    }
  }
  return leaves;
}

}  // namespace

std::shared_ptr<arrow::RecordBatchReader> OpenParquet(std::shared_ptr<io::ObjectReader> file,
                                                      const std::vector<std::string>& columns) {
  const std::string doing = "reading " + file->info().path;
  auto reader = OpenReader(std::move(file), doing);
  const std::vector<int> leaves = LeavesOf(*reader, columns);
  return std::make_shared<OwningReader>(std::move(reader), leaves, doing);
}

std::shared_ptr<arrow::Schema> ReadParquetSchema(std::shared_ptr<io::ObjectReader> file) {
  const std::string doing = "reading the schema of " + file->info().path;
  auto reader = OpenReader(std::move(file), doing);
  std::shared_ptr<arrow::Schema> schema;
  Check(reader->GetSchema(&schema), doing);
  return schema;
}

void WriteParquet(arrow::RecordBatchReader& rows, io::ObjectWriter& writer,
                  const std::string& compression) {
  const std::string doing = "writing Parquet";
  Guard(doing, [&] {
    auto sink = std::make_shared<ArrowOutput>(writer);
    auto out = Check(::parquet::arrow::FileWriter::Open(
                         *rows.schema(), arrow::default_memory_pool(), sink,
                         MakeWriterProperties(compression, 1 << 20), MakeArrowProperties()),
                     doing);
    std::shared_ptr<arrow::RecordBatch> batch;
    for (Check(rows.ReadNext(&batch), doing); batch; Check(rows.ReadNext(&batch), doing)) {
      Check(out->WriteRecordBatch(*batch), doing);
    }
    Check(out->Close(), doing);
    return true;
  });
}

}  // namespace lakehouse::storage::parquet
