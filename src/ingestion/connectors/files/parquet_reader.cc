#include <arrow/array/builder_base.h>
#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/compute/cast.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include <algorithm>
#include <atomic>
#include <filesystem>

#include "ingestion/connectors/arrow_status.h"
#include "ingestion/connectors/files/format_reader.h"
#include "ingestion/connectors/options.h"
#include "ingestion/connectors/rescue.h"
#include "io/object_store.h"
#include "storage/arrow_schema.h"
#include "storage/arrow_status.h"
#include "storage/parquet/parquet_file.h"

namespace lakehouse::ingestion::connectors::files {

namespace {

/// Counts what is read, for the progress. Thread-safe, as Parquet reads from several threads.
class CountingReader : public io::ObjectReader {
 public:
  explicit CountingReader(std::shared_ptr<io::ObjectReader> inner) : inner_(std::move(inner)) {}
  const io::ObjectInfo& info() const override { return inner_->info(); }
  void ReadAt(int64_t offset, std::span<std::byte> out) const override {
    inner_->ReadAt(offset, out);
    bytes_ += static_cast<int64_t>(out.size());
  }
  int64_t bytes() const { return bytes_; }

 private:
  const std::shared_ptr<io::ObjectReader> inner_;
  mutable std::atomic<int64_t> bytes_ = 0;
};

std::shared_ptr<io::ObjectReader> OpenObject(const SourceFile& file) {
  // The real place: a store follows no link out of its directory.
  const std::filesystem::path real = file.real_path;
  return io::MakeLocalStore(real.parent_path().string())->Open(real.filename().string());
}

/// Value by value, for a column whose cast fails as a whole: what does not fit is rescued.
std::shared_ptr<arrow::Array> CastCells(const arrow::Array& column, const arrow::Field& field,
                                        Rescue& rescue) {
  auto builder = ValueOrThrow(arrow::MakeBuilder(field.type()));
  for (int64_t row = 0; row < column.length(); ++row) {
    if (column.IsNull(row)) {
      ThrowUnlessOk(builder->AppendNull());
      continue;
    }
    auto cell = arrow::compute::Cast(*column.Slice(row, 1), field.type());
    if (cell.ok()) {
      ThrowUnlessOk(builder->AppendArraySlice(*(*cell)->data(), 0, 1));
    } else {
      ThrowUnlessOk(builder->AppendNull());
      rescue.Add(row, field.name(), ValueOrThrow(column.GetScalar(row))->ToString());
    }
  }
  return ValueOrThrow(builder->Finish());
}

class ParquetReader : public FormatReader {
 public:
  ParquetReader(const SourceFile& file, std::shared_ptr<const TargetColumns> target)
      : path_(file.path),
        target_(std::move(target)),
        object_(std::make_shared<CountingReader>(OpenObject(file))),
        reader_(storage::parquet::OpenParquet(object_)) {}

  bool Next(SourceBatch& batch) override {
    std::shared_ptr<arrow::RecordBatch> rows;
    const arrow::Status status = reader_->ReadNext(&rows);
    if (!status.ok()) {
      if (const auto error = storage::ErrorIn(status); error && error->code() != "LK-3510") {
        throw *error;
      }
      throw Error(ErrorKind::kCorruption, "LK-5031", path_ + " is damaged or cut",
                  "Copy the file again from its source. Nothing of this run was committed.")
          .CausedBy(status.message());
    }
    if (rows == nullptr) return false;
    Convert(*rows, batch);
    return true;
  }
  int64_t position() const override {
    return std::min(object_->bytes(), object_->info().size_bytes);
  }

 private:
  std::shared_ptr<arrow::Array> ConvertColumn(const std::shared_ptr<arrow::Array>& column,
                                              const arrow::Field& field, Rescue& rescue) {
    if (!field.nullable() && column->null_count() > 0) {
      throw Error(
          ErrorKind::kInvalidSchema, "LK-5033",
          "column " + field.name() + " of " + path_ + " has nulls, and is NOT NULL in the target",
          "Correct the file, or make the column nullable in the table.");
    }
    if (column->type()->Equals(field.type())) return column;
    auto cast = arrow::compute::Cast(*column, field.type());
    return cast.ok() ? *cast : CastCells(*column, field, rescue);
  }

  void Convert(const arrow::RecordBatch& rows, SourceBatch& batch) {
    const auto& schema = target_->schema();
    Rescue rescue(path_, target_->rescued() >= 0);
    std::vector<std::shared_ptr<arrow::Array>> columns(static_cast<size_t>(schema->num_fields()));
    for (int i = 0; i < rows.num_columns(); ++i) {
      const std::string& name = rows.schema()->field(i)->name();
      const int at = target_->Find(name);
      if (at >= 0 && columns[static_cast<size_t>(at)] == nullptr) {
        columns[static_cast<size_t>(at)] =
            ConvertColumn(rows.column(i), *schema->field(at), rescue);
        continue;
      }
      for (int64_t row = 0; row < rows.num_rows(); ++row) {
        if (rows.column(i)->IsNull(row)) continue;
        rescue.Add(row, name, ValueOrThrow(rows.column(i)->GetScalar(row))->ToString());
      }
    }
    for (int at = 0; at < schema->num_fields(); ++at) {
      auto& column = columns[static_cast<size_t>(at)];
      if (at == target_->rescued()) column = rescue.Finish(rows.num_rows());
      if (column == nullptr) column = target_->Nulls(at, rows.num_rows(), path_);
    }
    batch.rows = arrow::RecordBatch::Make(schema, rows.num_rows(), std::move(columns));
    batch.rows_rescued += rescue.rows();
  }

  std::string path_;
  std::shared_ptr<const TargetColumns> target_;
  std::shared_ptr<CountingReader> object_;
  std::shared_ptr<arrow::RecordBatchReader> reader_;
};

}  // namespace

std::unique_ptr<FormatReader> OpenParquetFile(const SourceFile& file,
                                              std::shared_ptr<const TargetColumns> target) {
  try {
    return std::make_unique<ParquetReader>(file, std::move(target));
  } catch (const Error& error) {
    throw error.Within(file.path);
  }
}

std::optional<Fields> InferParquet(const SourceFile& file) {
  try {
    const auto schema = storage::parquet::ReadParquetSchema(OpenObject(file));
    const auto converted = storage::ToArrow(storage::FromArrow(*schema));
    std::vector<std::string> names = TableColumnNames(converted->field_names());
    Fields fields;
    for (int i = 0; i < converted->num_fields(); ++i) {
      fields.push_back(arrow::field(names[static_cast<size_t>(i)], converted->field(i)->type()));
    }
    return fields;
  } catch (const Error& error) {
    throw error.Within(file.path);
  }
}

}  // namespace lakehouse::ingestion::connectors::files
