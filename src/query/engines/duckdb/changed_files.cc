#include "query/engines/duckdb/changed_files.h"

#include <algorithm>

#include "query/engines/duckdb/change_writer.h"
#include "query/engines/duckdb/insert.h"
#include "query/engines/duckdb/rewrite_scan.h"
#include "query/engines/duckdb/row_ids.h"
#include "query/engines/duckdb/row_writer.h"

namespace lakehouse::query::duckdb {

void AppendWithIds(RowIds& ids, const dk::vector<dk::LogicalType>& types, dk::DataChunk& rows,
                   RowWriter& writer) {
  const dk::idx_t own = rows.ColumnCount() - 2;
  rows.Flatten();
  dk::Vector id(dk::LogicalType::BIGINT, rows.size());
  dk::Vector version(dk::LogicalType::BIGINT, rows.size());
  ids.Find(dk::FlatVector::GetData<uint64_t>(rows.data[own]),
           dk::FlatVector::GetData<int64_t>(rows.data[own + 1]), rows.size(), id, &version);
  dk::DataChunk copied;
  copied.InitializeEmpty(types);
  for (dk::idx_t i = 0; i < own; ++i) copied.data[i].Reference(rows.data[i]);
  copied.data[own].Reference(id);
  copied.data[own + 1].Reference(version);
  copied.SetCardinality(rows.size());
  writer.Append(copied);
}

namespace {

/// More rows than any file without a record count has.
constexpr uint64_t kMostRows = uint64_t{1} << 32;

bool LosesAll(const storage::FileEntry& file, const storage::RowSet& rows) {
  return file.live_records() == rows.size();
}

/// Is a deletion vector better than a new file?
bool KeepsFile(const storage::FileEntry& file, const storage::RowSet& rows) {
  const auto gone = static_cast<double>(file.deleted_records + rows.size());
  return gone <= kRewriteAbove * static_cast<double>(file.num_records);
}

/// Reads the rows `wanted` of the write's table as they were.
void ScanRows(dk::ClientContext& context, const PendingWrite& write, const DeletedRows& wanted,
              const std::function<void(dk::DataChunk&)>& take) {
  auto selection = std::make_shared<ScanSelection>();
  for (const auto& [file, rows] : wanted) {
    if (rows.empty()) continue;
    const int64_t records = write.base->file(file).num_records;
    const uint64_t count = records < 0 ? kMostRows : static_cast<uint64_t>(records);
    selection->hidden.emplace(file, rows.Complement(count));
    selection->files.push_back(file);
  }
  if (selection->files.empty()) return;
  ScanRewriteSource(context, {write.table, write.base, std::move(selection)}, take);
}

/// Writes what stays in `files` anew; the number of rows.
int64_t CopyStaying(dk::ClientContext& context, PendingWrite& write, std::vector<size_t> files) {
  auto selection = std::make_shared<ScanSelection>();
  for (const size_t file : files) selection->hidden.emplace(file, write.deleted.at(file));
  selection->files = std::move(files);
  const RewriteSource source{write.table, write.base, std::move(selection)};
  const bool tracked = TracksRows(write.base->metadata());
  const auto metadata = tracked ? WithRowIdColumns(write.base->metadata()) : write.base->metadata();
  const auto types = TypesOf(metadata.schema);
  RowWriter writer(context, write.table->location(), metadata, types,
                   FileOptionsOf(metadata, write.base.get()));
  if (tracked) {
    const auto& schema = write.base->schema();
    if (schema.IndexOf("lake_file") || schema.IndexOf("file_row_number")) {
      throw Error(ErrorKind::kUnsupported, "LK-3020",
                  "a table that tracks rows has a column lake_file or file_row_number",
                  "Rename the column.");
    }
    RowIds ids(SessionOf(context), write.table->location(), write.base);
    ScanRewriteSource(
        context, source, [&](dk::DataChunk& rows) { AppendWithIds(ids, types, rows, writer); },
        "*, lake_file, file_row_number");
  } else {
    ScanRewriteSource(context, source, [&](dk::DataChunk& rows) { writer.Append(rows); });
  }
  for (auto& file : writer.Finish()) write.files.push_back(std::move(file));
  if (auto discard = writer.TakeFiles()) write.writers.push_back(std::move(discard));
  return writer.rows();
}

bool AllGoWhole(const PendingWrite& write) {
  return std::all_of(write.deleted.begin(), write.deleted.end(), [&](const auto& changed) {
    return changed.second.empty() || LosesAll(write.base->file(changed.first), changed.second);
  });
}

}  // namespace

ChangedFiles TakeRowsAway(dk::ClientContext& context, PendingWrite& write,
                          storage::Transaction& commit) {
  ChangedFiles done;
  std::vector<size_t> partly;
  const bool vectors = storage::AllowsDeletionVectors(*write.base);
  for (const auto& [index, rows] : write.deleted) {
    if (rows.empty()) continue;
    const auto file = write.base->file(index);
    const bool had_vector = file.deleted_records > 0;
    if (!LosesAll(file, rows) && vectors && file.num_records > 0 && KeepsFile(file, rows)) {
      commit.DeleteRows(index, rows);
      ++(had_vector ? done.vectors_updated : done.vectors_added);
      continue;
    }
    commit.RemoveFile(index);
    ++done.removed;
    done.removed_bytes += file.size_bytes;
    done.vectors_removed += had_vector ? 1 : 0;
    if (!LosesAll(file, rows)) partly.push_back(index);
  }
  if (!partly.empty()) done.copied_rows = CopyStaying(context, write, std::move(partly));
  return done;
}

void FeedRowsBefore(dk::ClientContext& context, PendingWrite& write) {
  if (!KeepsChanges(write.base->metadata()) || write.deleted.empty()) return;
  if (write.change_files.empty() && AllGoWhole(write)) return;
  if (write.unfed > 0) {
    throw Error(
        ErrorKind::kUnsupported, "LK-4012",
        "adding rows and taking parts of files away in one commit is not supported on tables "
        "that keep change data",
        "Run a statement for each.");
  }
  ChangeWriter changes(context, write.table->location(), write.base->metadata());
  DeletedRows only_deleted = write.deleted;
  for (const auto& [file, rows] : write.updated) only_deleted[file].Subtract(rows);
  ScanRows(context, write, write.updated,
           [&](dk::DataChunk& rows) { changes.Append(rows, kBeforeUpdate); });
  ScanRows(context, write, only_deleted,
           [&](dk::DataChunk& rows) { changes.Append(rows, kDeleted); });
  for (auto& file : changes.Finish()) write.change_files.push_back(std::move(file));
  if (auto discard = changes.TakeFiles()) write.writers.push_back(std::move(discard));
}

}  // namespace lakehouse::query::duckdb
