#include "storage/parquet/parquet_file.h"

#include <arrow/api.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <parquet/column_reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>
#include <utility>

#include "base/error.h"
#include "storage/parquet/arrow_io.h"
#include "storage/parquet/writer_properties.h"

namespace lakehouse::storage::parquet {
namespace {

// A footer may claim any count; these bound what is taken on its word.
constexpr int32_t kMaxFooterStringBytes = 64 << 20;
constexpr int32_t kMaxFooterItems = 500'000;
/// Of a column chunk that is not read at once.
constexpr int64_t kPieceBytes = 1 << 20;
constexpr int64_t kPieceRows = 16 << 10;

/// Parquet's exceptions become Corruption LK-3510, those that carry a store's error become that
/// one.
template <typename Work>
auto Guard(const std::string& doing, Work work) {
  const auto corrupt = [&](const std::string& why) {
    return Error(ErrorKind::kCorruption, "LK-3510", doing + ": " + why,
                 "The file is cut, damaged, or no Parquet file.");
  };
  try {
    return work();
  } catch (const ::parquet::ParquetStatusException& error) {
    Check(error.status(), doing);
    throw corrupt(error.what());
  } catch (const ::parquet::ParquetException& error) {
    throw corrupt(error.what());
  } catch (const std::length_error& error) {
    throw corrupt(error.what());
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::kResourceExhausted, "LK-0004", doing + ": the process is out of memory");
  }
}

std::unique_ptr<::parquet::arrow::FileReader> OpenReader(std::shared_ptr<io::ObjectReader> file,
                                                         const std::string& doing,
                                                         bool in_pieces = false) {
  return Guard(doing, [&] {
    ::parquet::arrow::FileReaderBuilder builder;
    ::parquet::ReaderProperties limits;
    limits.set_thrift_string_size_limit(kMaxFooterStringBytes);
    limits.set_thrift_container_size_limit(kMaxFooterItems);
    if (in_pieces) {
      limits.enable_buffered_stream();
      limits.set_buffer_size(kPieceBytes);
    }
    Check(builder.Open(std::make_shared<ArrowInput>(std::move(file)), limits), doing);
    ::parquet::ArrowReaderProperties properties(/*use_threads=*/false);
    properties.set_batch_size(in_pieces ? kPieceRows : 64 << 10);
    // One column chunk at a time instead of the whole file in memory.
    properties.set_pre_buffer(false);
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

/// Is it a column of texts in a struct at the top?
bool IsTextInStruct(const ::parquet::ColumnDescriptor& column) {
  return column.physical_type() == ::parquet::Type::BYTE_ARRAY &&
         column.logical_type()->is_string() && column.max_repetition_level() == 0 &&
         column.path()->ToDotVector().size() == 2;
}

class PageTexts : public LeafTexts {
 public:
  PageTexts(std::unique_ptr<::parquet::arrow::FileReader> file, int leaf, std::string doing)
      : file_(std::move(file)), leaf_(leaf), doing_(std::move(doing)) {
    const auto& column = *file_->parquet_reader()->metadata()->schema()->Column(leaf);
    text_level_ = column.max_definition_level();
    struct_level_ = text_level_ - (column.schema_node()->is_optional() ? 1 : 0);
  }

  std::span<const LeafText> Next() override {
    return Guard(doing_, [&]() -> std::span<const LeafText> {
      while (!reader_ || !reader_->HasNext()) {
        if (group_ == file_->num_row_groups()) return {};
        auto reader = file_->parquet_reader()->RowGroup(group_++)->Column(leaf_);
        reader_ = std::static_pointer_cast<::parquet::ByteArrayReader>(std::move(reader));
      }
      return Read();
    });
  }

 private:
  static constexpr int64_t kRows = 1024;

  std::span<const LeafText> Read() {
    int64_t values = 0;
    const int64_t rows =
        reader_->ReadBatch(kRows, levels_.data(), nullptr, values_.data(), &values);
    // Without levels every row has a text.
    if (text_level_ == 0) std::fill_n(levels_.begin(), rows, text_level_);
    int64_t value = 0;
    for (size_t row = 0; row < static_cast<size_t>(rows); ++row) {
      rows_[row] = {levels_[row] >= struct_level_, {}};
      if (levels_[row] != text_level_) continue;
      if (value == values) throw ::parquet::ParquetException("a page has too few values");
      const ::parquet::ByteArray& text = values_[static_cast<size_t>(value++)];
      rows_[row].text = {reinterpret_cast<const char*>(text.ptr), text.len};
    }
    return std::span(rows_).first(static_cast<size_t>(rows));
  }

  const std::unique_ptr<::parquet::arrow::FileReader> file_;
  const int leaf_;
  const std::string doing_;
  int16_t text_level_ = 0, struct_level_ = 0;  ///< definition levels
  int group_ = 0;                              ///< the next row group
  std::shared_ptr<::parquet::ByteArrayReader> reader_;
  std::array<int16_t, kRows> levels_{};
  std::array<::parquet::ByteArray, kRows> values_{};
  std::array<LeafText, kRows> rows_{};
};

/// False when the chunk does not say it.
bool HoldsOnlyNulls(const ::parquet::ColumnChunkMetaData& chunk) {
  if (!chunk.is_stats_set()) return false;
  const auto statistics = chunk.statistics();
  return statistics && statistics->HasNullCount() && statistics->null_count() == chunk.num_values();
}

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

std::shared_ptr<arrow::RecordBatchReader> OpenParquetLeaves(
    std::shared_ptr<io::ObjectReader> file, const std::function<bool(const std::string&)>& wanted) {
  const std::string doing = "reading " + file->info().path;
  auto reader = OpenReader(std::move(file), doing, /*in_pieces=*/true);
  const ::parquet::SchemaDescriptor* schema = reader->parquet_reader()->metadata()->schema();
  std::vector<int> leaves;
  for (int i = 0; i < schema->num_columns(); ++i) {
    if (wanted(schema->Column(i)->path()->ToDotString())) leaves.push_back(i);
  }
  return std::make_shared<OwningReader>(std::move(reader), leaves, doing);
}

std::unique_ptr<LeafTexts> OpenLeafTexts(std::shared_ptr<io::ObjectReader> file,
                                         const std::string& way) {
  const std::string doing = "reading " + file->info().path;
  auto reader = OpenReader(std::move(file), doing, /*in_pieces=*/true);
  const ::parquet::SchemaDescriptor* schema = reader->parquet_reader()->metadata()->schema();
  for (int i = 0; i < schema->num_columns(); ++i) {
    if (schema->Column(i)->path()->ToDotString() != way) continue;
    if (!IsTextInStruct(*schema->Column(i))) return nullptr;
    return std::make_unique<PageTexts>(std::move(reader), i, doing);
  }
  return nullptr;
}

std::vector<std::string> FilledParquetLeaves(std::shared_ptr<io::ObjectReader> file) {
  const std::string doing = "reading the footer of " + file->info().path;
  const auto reader = OpenReader(std::move(file), doing);
  return Guard(doing, [&] {
    const auto metadata = reader->parquet_reader()->metadata();
    std::vector<std::string> filled;
    for (int leaf = 0; leaf < metadata->num_columns(); ++leaf) {
      bool has_value = false;
      for (int group = 0; group < metadata->num_row_groups() && !has_value; ++group) {
        has_value = !HoldsOnlyNulls(*metadata->RowGroup(group)->ColumnChunk(leaf));
      }
      if (has_value) filled.push_back(metadata->schema()->Column(leaf)->path()->ToDotString());
    }
    return filled;
  });
}

std::shared_ptr<arrow::Schema> ReadParquetSchema(std::shared_ptr<io::ObjectReader> file) {
  const std::string doing = "reading the schema of " + file->info().path;
  auto reader = OpenReader(std::move(file), doing);
  std::shared_ptr<arrow::Schema> schema;
  Guard(doing, [&] {
    Check(reader->GetSchema(&schema), doing);
    return true;
  });
  return schema;
}

void WriteParquet(arrow::RecordBatchReader& rows, io::ObjectWriter& writer,
                  const std::string& compression, int64_t row_group_rows,
                  const std::vector<std::string>& plain) {
  const std::string doing = "writing Parquet";
  const auto sink = std::make_shared<ArrowOutput>(writer);
  try {
    auto out =
        Check(::parquet::arrow::FileWriter::Open(
                  *rows.schema(), WriterMemory(), sink,
                  MakeWriterProperties(compression, row_group_rows, plain), MakeArrowProperties()),
              doing);
    std::shared_ptr<arrow::RecordBatch> batch;
    for (Check(rows.ReadNext(&batch), doing); batch; Check(rows.ReadNext(&batch), doing)) {
      Check(out->WriteRecordBatch(*batch), doing);
    }
    Check(out->Close(), doing);
  } catch (const Error&) {
    sink->ThrowFailure(doing);
    throw;
  } catch (const ::parquet::ParquetException& error) {
    sink->ThrowFailure(doing);
    throw Error(ErrorKind::kInternal, "LK-0001", doing + ": " + error.what());
  }
}

}  // namespace lakehouse::storage::parquet
