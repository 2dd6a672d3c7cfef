#include "query/engines/duckdb/changed_files.h"

#include <algorithm>

#include "query/engines/duckdb/change_writer.h"
#include "query/engines/duckdb/insert.h"
#include "query/engines/duckdb/late_rows.h"
#include "query/engines/duckdb/rewrite_scan.h"
#include "query/engines/duckdb/row_ids.h"
#include "query/engines/duckdb/row_writer.h"
#include "storage/overlay_snapshot.h"

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
  auto selection = SelectRows(*write.base, wanted);
  if (selection->files.empty()) return;
  ScanRewriteSource(context, {write.table, write.base, std::move(selection)}, take);
}

/// Writes what stays in `files` anew; the number of rows.
int64_t CopyStaying(dk::ClientContext& context, PendingWrite& write, std::vector<size_t> files) {
  auto selection = std::make_shared<ScanSelection>();
  for (const size_t file : files) selection->hidden.emplace(file, write.deleted.at(file));
  selection->files = std::move(files);
  auto copied = CopyRows(context, {write.table, write.base, std::move(selection)},
                         FileOptionsOf(write.base->metadata(), write.base.get()));
  std::move(copied.files.begin(), copied.files.end(), std::back_inserter(write.files));
  if (copied.writer) write.writers.push_back(std::move(copied.writer));
  return copied.rows;
}

/// Feeds the rows of new files that are in no change file: readers look at the files of a commit
/// only when it has no change files.
void FeedAdded(dk::ClientContext& context, const PendingWrite& write, ChangeWriter& changes) {
  storage::PendingChanges added;
  added.files = write.files;
  const auto view = storage::Overlay(write.base, std::move(added));
  auto selection = std::make_shared<ScanSelection>();
  for (size_t i = 0; i < write.files.size(); ++i) {
    if (write.unfed.count(write.files[i].path) > 0) {
      selection->files.push_back(write.base->file_count() + i);
    }
  }
  if (selection->files.empty()) return;
  ScanRewriteSource(context, {write.table, view, std::move(selection)},
                    [&](dk::DataChunk& rows) { changes.Append(rows, kInserted); });
}

bool AllGoWhole(const PendingWrite& write) {
  return std::all_of(write.deleted.begin(), write.deleted.end(), [&](const auto& changed) {
    return changed.second.empty() || LosesAll(write.base->file(changed.first), changed.second);
  });
}

}  // namespace

CopiedRows CopyRows(dk::ClientContext& context, const RewriteSource& source,
                    const storage::parquet::DataFileOptions& options) {
  const bool tracked = TracksRows(source.snapshot->metadata());
  const auto& plain = source.snapshot->metadata();
  const auto metadata = tracked ? WithRowIdColumns(plain) : plain;
  const auto types = TypesOf(metadata.schema);
  RowWriter writer(context, source.table->location(), metadata, types, options);
  if (tracked) {
    if (!CanReadLate(plain.schema)) {
      throw Error(ErrorKind::kUnsupported, "LK-3020",
                  "a table that tracks rows has a column lake_file or file_row_number",
                  "Rename the column.");
    }
    RowIds ids(SessionOf(context), source.table->location(), source.snapshot);
    ScanRewriteSource(
        context, source, [&](dk::DataChunk& rows) { AppendWithIds(ids, types, rows, writer); },
        "*, lake_file, file_row_number");
  } else {
    ScanRewriteSource(context, source, [&](dk::DataChunk& rows) { writer.Append(rows); });
  }
  CopiedRows copied;
  copied.files = writer.Finish();
  copied.writer = writer.TakeFiles();
  copied.rows = writer.rows();
  return copied;
}

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

void FeedChanges(dk::ClientContext& context, PendingWrite& write) {
  if (!KeepsChanges(write.base->metadata()) || write.overwrite) return;
  if (write.deleted.empty() && write.unfed.empty()) return;
  if (write.change_files.empty() && AllGoWhole(write)) return;
  ChangeWriter changes(context, write.table->location(), write.base->metadata());
  DeletedRows only_deleted = write.deleted;
  for (const auto& [file, rows] : write.updated) only_deleted[file].Subtract(rows);
  DeletedRows unfed = write.updated;
  for (const auto& [file, rows] : write.fed) unfed[file].Subtract(rows);
  ScanRows(context, write, unfed,
           [&](dk::DataChunk& rows) { changes.Append(rows, kBeforeUpdate); });
  ScanRows(context, write, only_deleted,
           [&](dk::DataChunk& rows) { changes.Append(rows, kDeleted); });
  FeedAdded(context, write, changes);
  for (auto& file : changes.Finish()) write.change_files.push_back(std::move(file));
  if (auto discard = changes.TakeFiles()) write.writers.push_back(std::move(discard));
}

}  // namespace lakehouse::query::duckdb
