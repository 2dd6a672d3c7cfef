#pragma once

#include <memory>
#include <vector>

#include "query/engines/duckdb/pch.h"
#include "storage/parquet/data_file_writer.h"

namespace arrow {
class Schema;
}

namespace lakehouse::query::duckdb {

/// Writes the engine's rows as data files of a table. The columns are the table's, in its order and
/// types. Nothing is visible until the files are committed. For one thread.
class RowWriter {
 public:
  RowWriter(dk::ClientContext& context, io::Location root, const storage::TableMetadata& metadata,
            const dk::vector<dk::LogicalType>& types);
  RowWriter(RowWriter&&) = default;
  ~RowWriter();

  /// LK-4005 when a column that must not be null has a null.
  void Append(dk::DataChunk& rows);
  /// Closes the files and returns them.
  std::vector<storage::NewFile> Finish();
  int64_t rows() const { return rows_; }
  /// What can delete the files again; null when nothing was written. After Finish.
  std::unique_ptr<storage::parquet::DataFileWriter> TakeFiles();

 private:
  void Flush();
  void CheckNulls(const arrow::RecordBatch& batch) const;

  dk::ClientContext& context_;
  const io::Location root_;
  const storage::TableMetadata& metadata_;
  const dk::vector<dk::LogicalType>& types_;
  const std::shared_ptr<arrow::Schema> schema_;
  dk::unique_ptr<dk::ArrowAppender> pending_;
  std::unique_ptr<storage::parquet::DataFileWriter> files_;
  int64_t rows_ = 0;
};

}  // namespace lakehouse::query::duckdb
