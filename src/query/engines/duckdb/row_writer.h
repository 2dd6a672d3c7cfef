#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "query/engines/duckdb/pch.h"
#include "query/engines/duckdb/row_checks.h"
#include "storage/parquet/background_writer.h"

namespace arrow {
class Schema;
}

namespace lakehouse::query::duckdb {

class ChangeWriter;

/// Writes the engine's rows as data files of a table. The columns are the table's, in its order and
/// types. Nothing is visible until the files are committed. For one thread.
class RowWriter {
 public:
  /// The references must outlive the writer.
  RowWriter(dk::ClientContext& context, io::Location root, const storage::TableMetadata& metadata,
            const dk::vector<dk::LogicalType>& types,
            const storage::parquet::DataFileOptions& options);
  /// With the options that the table's properties say.
  RowWriter(dk::ClientContext& context, io::Location root, const storage::TableMetadata& metadata,
            const dk::vector<dk::LogicalType>& types)
      : RowWriter(context, std::move(root), metadata, types,
                  storage::parquet::OptionsFor(metadata)) {}
  RowWriter(RowWriter&&) noexcept;
  ~RowWriter();

  /// Rows are checked before they are written; null: they are not.
  void SetChecks(const std::shared_ptr<const RowChecks>& checks);
  /// Rows are also written to the change data feed, as changes of this kind.
  void FeedChanges(const char* kind);

  /// Rows are encoded in a thread of their own. For work of one thread, whose rows are many.
  void WriteInBackground() { in_background_ = true; }

  /// LK-4005 when a column that must not be null has a null, and the errors of RowChecker.
  void Append(dk::DataChunk& rows);
  /// Closes the files and returns them.
  std::vector<storage::NewFile> Finish();
  int64_t rows() const { return rows_; }
  /// What can delete the files again; null when nothing was written. After Finish.
  std::unique_ptr<storage::parquet::DataFileWriter> TakeFiles();
  /// Null unless FeedChanges was called.
  ChangeWriter* changes() { return changes_.get(); }

 private:
  void Take(dk::DataChunk& rows);
  void Flush();
  void Write(std::shared_ptr<arrow::RecordBatch> batch);

  dk::ClientContext& context_;
  const io::Location root_;
  const storage::TableMetadata& metadata_;
  const dk::vector<dk::LogicalType>& types_;
  const storage::parquet::DataFileOptions options_;
  const std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<RowChecker> checker_;  ///< null: nothing to check
  std::unique_ptr<ChangeWriter> changes_;
  const char* change_kind_ = nullptr;
  dk::unique_ptr<dk::ArrowAppender> pending_;
  bool in_background_ = false;
  std::unique_ptr<storage::parquet::DataFileWriter> files_;
  std::unique_ptr<storage::parquet::BackgroundWriter> background_;  ///< instead of `files_`
  int64_t rows_ = 0;
};

/// One writer for all threads of a sink, so that they make few files.
class SharedWriter {
 public:
  explicit SharedWriter(RowWriter rows) : rows_(std::move(rows)) {}

  void Append(dk::DataChunk& rows) {
    const std::lock_guard lock(mutex_);
    rows_.Append(rows);
  }
  /// When no thread appends any more.
  RowWriter& rows() { return rows_; }

 private:
  std::mutex mutex_;
  RowWriter rows_;
};

}  // namespace lakehouse::query::duckdb
