#include "query/engines/duckdb/row_writer.h"

#include <arrow/api.h>

#include "query/engines/duckdb/arrow_rows.h"
#include "query/engines/duckdb/lake_session.h"
#include "storage/arrow_schema.h"

namespace lakehouse::query::duckdb {
namespace {

/// Rows are handed to the file writer in batches of about this many.
constexpr dk::idx_t kBatchRows = 30 * STANDARD_VECTOR_SIZE;

}  // namespace

RowWriter::RowWriter(dk::ClientContext& context, io::Location root,
                     const storage::TableMetadata& metadata,
                     const dk::vector<dk::LogicalType>& types)
    : context_(context),
      root_(std::move(root)),
      metadata_(metadata),
      types_(types),
      schema_(storage::ToArrow(metadata.schema)) {}

RowWriter::~RowWriter() = default;

void RowWriter::Append(dk::DataChunk& rows) {
  if (!pending_) {
    pending_ = dk::make_uniq<dk::ArrowAppender>(
        types_, kBatchRows, context_.GetClientProperties(),
        std::unordered_map<dk::idx_t, const dk::shared_ptr<dk::ArrowTypeExtensionData>>());
  }
  pending_->Append(rows, 0, rows.size(), rows.size());
  if (pending_->RowCount() >= kBatchRows) Flush();
}

std::vector<storage::NewFile> RowWriter::Finish() {
  Flush();
  if (!files_) return {};
  return SessionOf(context_).Guard([&] { return files_->Finish(); });
}

std::unique_ptr<storage::parquet::DataFileWriter> RowWriter::TakeFiles() {
  return std::move(files_);
}

void RowWriter::Flush() {
  if (!pending_ || pending_->RowCount() == 0) return;
  auto& session = SessionOf(context_);
  session.Guard([&] {
    dk::vector<std::string> names;
    for (const auto& field : metadata_.schema.fields) names.push_back(field.name);
    auto layout = ArrowSchemaOf(types_, names, context_.GetClientProperties());
    auto batch = ImportRows(pending_->Finalize(), layout, schema_);
    pending_.reset();
    CheckNulls(*batch);
    if (!files_) {
      files_ = std::make_unique<storage::parquet::DataFileWriter>(
          root_, metadata_, storage::parquet::OptionsFor(metadata_),
          session.lake->storage_context());
    }
    files_->Write(*batch);
    rows_ += batch->num_rows();
  });
}

void RowWriter::CheckNulls(const arrow::RecordBatch& batch) const {
  for (int i = 0; i < batch.num_columns(); ++i) {
    const auto& field = metadata_.schema.fields[static_cast<size_t>(i)];
    if (field.nullable || batch.column(i)->null_count() == 0) continue;
    throw Error(ErrorKind::kInvalidArgument, "LK-4005",
                "column " + field.name + " must not be null, and a row has null there",
                "give the column a value, or leave such rows out");
  }
}

}  // namespace lakehouse::query::duckdb
