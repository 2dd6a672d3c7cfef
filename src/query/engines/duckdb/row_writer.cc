#include "query/engines/duckdb/row_writer.h"

#include <arrow/api.h>

#include "query/engines/duckdb/arrow_rows.h"
#include "query/engines/duckdb/change_writer.h"
#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/null_checks.h"
#include "storage/arrow_schema.h"

namespace lakehouse::query::duckdb {
namespace {

/// Rows are handed to the file writer in batches of about this many: they are in memory twice,
/// wider than in the file.
constexpr dk::idx_t kBatchRows = 5 * STANDARD_VECTOR_SIZE;

}  // namespace

RowWriter::RowWriter(dk::ClientContext& context, io::Location root,
                     const storage::TableMetadata& metadata,
                     const dk::vector<dk::LogicalType>& types,
                     const storage::parquet::DataFileOptions& options)
    : context_(context),
      root_(std::move(root)),
      metadata_(metadata),
      types_(types),
      options_(options),
      schema_(storage::ToArrow(metadata.schema)) {}

RowWriter::RowWriter(RowWriter&&) noexcept = default;
RowWriter::~RowWriter() = default;

void RowWriter::SetChecks(const std::shared_ptr<const RowChecks>& checks) {
  if (checks) checker_ = std::make_unique<RowChecker>(context_, checks);
}

void RowWriter::FeedChanges(const char* kind) {
  changes_ = std::make_unique<ChangeWriter>(context_, root_, metadata_);
  change_kind_ = kind;
}

void RowWriter::Append(dk::DataChunk& rows) {
  if (!checker_) return Take(rows);
  dk::DataChunk checked;
  checked.InitializeEmpty(types_);
  checked.Reference(rows);
  SessionOf(context_).Guard([&] { checker_->Apply(checked); });
  Take(checked);
}

void RowWriter::Take(dk::DataChunk& rows) {
  if (changes_) changes_->Append(rows, change_kind_);
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
  if (!files_ && !background_) return {};
  return SessionOf(context_).Guard(
      [&] { return background_ ? background_->Finish() : files_->Finish(); });
}

std::unique_ptr<storage::parquet::DataFileWriter> RowWriter::TakeFiles() {
  return background_ ? background_->TakeFiles() : std::move(files_);
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
    CheckNulls(*batch, metadata_.schema);
    rows_ += batch->num_rows();
    Write(std::move(batch));
  });
}

void RowWriter::Write(std::shared_ptr<arrow::RecordBatch> batch) {
  if (background_) return background_->Write(std::move(batch));
  if (!files_) {
    files_ = std::make_unique<storage::parquet::DataFileWriter>(
        root_, metadata_, options_, SessionOf(context_).lake->storage_context());
    if (in_background_) {
      background_ = std::make_unique<storage::parquet::BackgroundWriter>(std::move(files_));
      return background_->Write(std::move(batch));
    }
  }
  files_->Write(*batch);
}

}  // namespace lakehouse::query::duckdb
