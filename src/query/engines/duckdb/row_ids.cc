#include "query/engines/duckdb/row_ids.h"

#include <arrow/api.h>

#include <algorithm>

#include "base/error.h"
#include "storage/delta/snapshot/delta_snapshot.h"
#include "storage/file_place.h"
#include "storage/overlay_snapshot.h"
#include "storage/parquet/parquet_file.h"

namespace lakehouse::query::duckdb {
namespace {

constexpr char kIdColumn[] = "delta.rowTracking.materializedRowIdColumnName";
constexpr char kVersionColumn[] = "delta.rowTracking.materializedRowCommitVersionColumnName";
constexpr size_t kOpenFiles = 8;

std::string NameOf(const storage::TableMetadata& metadata, const char* key) {
  const auto found = metadata.properties.find(key);
  if (found != metadata.properties.end() && !found->second.empty()) return found->second;
  throw Error(ErrorKind::kUnsupported, "LK-3020",
              std::string("the table tracks rows and lacks the property ") + key,
              "Write the rows with the engine that made the table.");
}

/// One column of a file, row by row; empty when the file does not have it.
std::vector<std::optional<int64_t>> ReadColumn(const std::shared_ptr<io::ObjectReader>& file,
                                               const std::string& name) {
  std::vector<std::optional<int64_t>> values;
  if (storage::parquet::ReadParquetSchema(file)->GetFieldIndex(name) < 0) return values;
  const auto reader = storage::parquet::OpenParquet(file, {name});
  std::shared_ptr<arrow::RecordBatch> batch;
  while (true) {
    const auto status = reader->ReadNext(&batch);
    if (!status.ok()) {
      throw Error(ErrorKind::kCorruption, "LK-3510", "reading row ids: " + status.message());
    }
    if (!batch) return values;
    const auto& column = static_cast<const arrow::Int64Array&>(*batch->column(0));
    for (int64_t i = 0; i < column.length(); ++i) {
      values.push_back(column.IsNull(i) ? std::nullopt : std::optional(column.Value(i)));
    }
  }
}

void Put(dk::Vector& vector, dk::idx_t at, std::optional<int64_t> value) {
  if (!value) return dk::FlatVector::SetNull(vector, at, true);
  dk::FlatVector::GetData<int64_t>(vector)[at] = *value;
}

std::optional<int64_t> ValueOr(const std::vector<std::optional<int64_t>>& values, int64_t row,
                               std::optional<int64_t> otherwise) {
  const auto at = static_cast<size_t>(row);
  return at < values.size() && values[at] ? values[at] : otherwise;
}

}  // namespace

bool TracksRows(const storage::TableMetadata& metadata) {
  return storage::RulesOf(metadata).row_ids;
}

storage::TableMetadata WithRowIdColumns(storage::TableMetadata metadata) {
  const auto number = storage::DataType::Primitive(storage::TypeId::kLong);
  for (const char* key : {kIdColumn, kVersionColumn}) {
    metadata.schema.fields.push_back({NameOf(metadata, key), number, true, {}});
  }
  return metadata;
}

storage::TableMetadata WithoutRowIdColumns(storage::TableMetadata metadata) {
  for (const char* key : {kIdColumn, kVersionColumn}) {
    const auto name = metadata.properties.find(key);
    if (name == metadata.properties.end()) continue;
    std::erase_if(metadata.schema.fields,
                  [&](const storage::Field& field) { return field.name == name->second; });
  }
  return metadata;
}

RowIds::RowIds(LakeSession& session, io::Location root, storage::SnapshotPtr base)
    : session_(session), root_(std::move(root)), base_(std::move(base)) {}

std::shared_ptr<const RowIds::File> RowIds::Open(size_t index) {
  std::lock_guard lock(mutex_);
  for (const auto& file : open_) {
    if (file->index == index) return file;
  }
  const std::string path(base_->file(index).path);
  auto file = std::make_shared<File>();
  file->index = index;
  const auto below = storage::UnderlayOf(*base_);
  if (index < below.files) {
    const auto* snapshot = dynamic_cast<const storage::delta::DeltaSnapshot*>(below.snapshot);
    const auto add = snapshot ? snapshot->shared_add(index) : nullptr;
    if (!add || !add->base_row_id || !add->default_row_commit_version) {
      throw Error(ErrorKind::kUnsupported, "LK-3020",
                  "rows of the file " + path + " have no row ids yet",
                  "Wait until the rows of the table have ids, and run the statement again.");
    }
    file->first_id = add->base_row_id;
    file->version = add->default_row_commit_version;
  }
  const auto place = storage::LocateFile(path, root_, &session_.lake->stores());
  const std::shared_ptr<io::ObjectReader> object = place.store->Open(place.path);
  file->ids = ReadColumn(object, NameOf(base_->metadata(), kIdColumn));
  file->versions = ReadColumn(object, NameOf(base_->metadata(), kVersionColumn));
  if (open_.size() == kOpenFiles) open_.pop_front();
  open_.push_back(file);
  return file;
}

void RowIds::Find(const uint64_t* files, const int64_t* rows, dk::idx_t count, dk::Vector& ids,
                  dk::Vector* versions) {
  std::shared_ptr<const File> file;
  for (dk::idx_t i = 0; i < count; ++i) {
    if (!file || file->index != files[i]) file = Open(files[i]);
    const auto counted = file->first_id ? std::optional(*file->first_id + rows[i]) : std::nullopt;
    Put(ids, i, ValueOr(file->ids, rows[i], counted));
    if (versions != nullptr) Put(*versions, i, ValueOr(file->versions, rows[i], file->version));
  }
}

}  // namespace lakehouse::query::duckdb
