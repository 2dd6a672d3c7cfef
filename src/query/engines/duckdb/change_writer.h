#pragma once

#include <memory>
#include <vector>

#include "query/engines/duckdb/pch.h"
#include "query/engines/duckdb/row_writer.h"

namespace lakehouse::query::duckdb {

/// The kinds of changes in `_change_type` (Delta PROTOCOL.md, "Add CDC File").
inline constexpr char kInserted[] = "insert";
inline constexpr char kDeleted[] = "delete";
inline constexpr char kBeforeUpdate[] = "update_preimage";
inline constexpr char kAfterUpdate[] = "update_postimage";

/// delta.enableChangeDataFeed
bool KeepsChanges(const storage::TableMetadata& metadata);

/// Writes changed rows as files of a table's change data feed. For one thread.
class ChangeWriter {
 public:
  ChangeWriter(dk::ClientContext& context, io::Location root,
               const storage::TableMetadata& metadata);
  ~ChangeWriter();

  /// `rows` begin with the table's columns; `kind` is one of the above.
  void Append(dk::DataChunk& rows, const char* kind);
  std::vector<storage::NewFile> Finish();
  /// As RowWriter::TakeFiles.
  std::unique_ptr<storage::parquet::DataFileWriter> TakeFiles();

 private:
  storage::TableMetadata metadata_;  ///< with the column _change_type
  dk::vector<dk::LogicalType> types_;
  std::unique_ptr<RowWriter> rows_;
};

}  // namespace lakehouse::query::duckdb
