#pragma once

#include "query/engines/duckdb/lake_transaction.h"
#include "query/engines/duckdb/pch.h"
#include "query/engines/duckdb/row_ids.h"
#include "query/engines/duckdb/row_writer.h"

namespace lakehouse::query::duckdb {

/// A file that loses a larger part of its rows than this, in all, is written anew instead of
/// getting a deletion vector: from then on reading what is left costs more than copying it once.
inline constexpr double kRewriteAbove = 0.3;

/// What a commit did to the files of the rows that were taken away.
struct ChangedFiles {
  int64_t removed = 0;
  int64_t removed_bytes = 0;
  int64_t copied_rows = 0;
  int64_t vectors_added = 0;    ///< of files that had none
  int64_t vectors_updated = 0;  ///< of files that had one
  int64_t vectors_removed = 0;  ///< with their files
};

/// Writes rows whose last two columns are their file and number, with their ids in place of these
/// two; `types` are those of what is written.
void AppendWithIds(RowIds& ids, const dk::vector<dk::LogicalType>& types, dk::DataChunk& rows,
                   RowWriter& writer);

/// Makes `commit` take the rows `write.deleted` out of their files. Files that lose every row go
/// without being read; where the table allows it, files that lose few rows get a deletion vector;
/// the others are read by the engine and what stays is added to `write` as new files.
ChangedFiles TakeRowsAway(dk::ClientContext& context, PendingWrite& write,
                          storage::Transaction& commit);

/// In a table that keeps change data, makes the change files of `write` say all that it does: the
/// rows `write.deleted` as they were, but those `write.fed`, and those of the new files
/// `write.unfed`. When only whole files go, and nothing else is fed, readers find the changes in
/// the files themselves, and nothing is done. Before TakeRowsAway, which adds files with rows that
/// only move.
void FeedChanges(dk::ClientContext& context, PendingWrite& write);

/// Rows that were written anew.
struct CopiedRows {
  std::vector<storage::NewFile> files;
  std::unique_ptr<storage::parquet::DataFileWriter> writer;  ///< for Discard; null without files
  int64_t rows = 0;
};

/// Writes the rows of `source` anew, with their ids where the table tracks rows.
CopiedRows CopyRows(dk::ClientContext& context, const RewriteSource& source,
                    const storage::parquet::DataFileOptions& options);

}  // namespace lakehouse::query::duckdb
