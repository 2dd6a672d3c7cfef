#include "query/engines/duckdb/change_writer.h"

#include "query/engines/duckdb/row_ids.h"
#include "query/engines/duckdb/types.h"

namespace lakehouse::query::duckdb {
namespace {

storage::TableMetadata WithChangeType(storage::TableMetadata metadata) {
  metadata.schema.fields.push_back(
      {"_change_type", storage::DataType::Primitive(storage::TypeId::kString), true, {}});
  return metadata;
}

storage::parquet::DataFileOptions OptionsOf(const storage::TableMetadata& metadata) {
  storage::parquet::DataFileOptions options = storage::parquet::OptionsFor(metadata);
  options.change_data = true;
  options.stats = {.first = 0, .named = std::nullopt, .always = {}};
  return options;
}

}  // namespace

bool KeepsChanges(const storage::TableMetadata& metadata) {
  const auto found = metadata.properties.find("delta.enableChangeDataFeed");
  return found != metadata.properties.end() && dk::StringUtil::CIEquals(found->second, "true");
}

ChangeWriter::ChangeWriter(dk::ClientContext& context, io::Location root,
                           const storage::TableMetadata& metadata)
    : metadata_(WithChangeType(WithoutRowIdColumns(metadata))) {
  for (const auto& field : metadata_.schema.fields) types_.push_back(ToDuckDb(*field.type));
  rows_ =
      std::make_unique<RowWriter>(context, std::move(root), metadata_, types_, OptionsOf(metadata));
}

ChangeWriter::~ChangeWriter() = default;

void ChangeWriter::Append(dk::DataChunk& rows, const char* kind) {
  dk::DataChunk changes;
  changes.InitializeEmpty(types_);
  const dk::idx_t columns = types_.size() - 1;
  for (dk::idx_t i = 0; i < columns; ++i) changes.data[i].Reference(rows.data[i]);
  changes.data[columns].Reference(dk::Value(kind));
  changes.SetCardinality(rows.size());
  rows_->Append(changes);
}

std::vector<storage::NewFile> ChangeWriter::Finish() { return rows_->Finish(); }

std::unique_ptr<storage::parquet::DataFileWriter> ChangeWriter::TakeFiles() {
  return rows_->TakeFiles();
}

}  // namespace lakehouse::query::duckdb
