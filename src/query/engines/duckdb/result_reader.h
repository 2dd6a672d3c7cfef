#pragma once

#include <arrow/record_batch.h>

#include <functional>
#include <memory>

#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// What a running statement holds on to until its rows are read: place in the queue, watchdog,
/// connection.
struct StatementScope {
  std::shared_ptr<void> place;     ///< in the queue
  std::shared_ptr<void> instance;  ///< claim on one; ends before the place is free
  std::shared_ptr<dk::Connection> connection;
  std::vector<std::shared_ptr<void>> handles;
  std::function<void(dk::ErrorData)> fail;  ///< throws the Error
  std::function<void(bool failed)> finish;  ///< once, after the last row
};

/// Streams a result as Arrow batches of up to 8 vectors. When the statement fails, ReadNext answers
/// storage::StatusOf the Error.
std::shared_ptr<arrow::RecordBatchReader> MakeResultReader(std::unique_ptr<StatementScope> scope,
                                                           dk::unique_ptr<dk::QueryResult> result);

/// The next rows of a result, null at its end. `fail` throws.
dk::unique_ptr<dk::DataChunk> NextChunk(dk::QueryResult& result,
                                        const std::function<void(dk::ErrorData)>& fail);

/// Makes the connection's next query gather its rows as Arrow batches, or no longer.
void SetGather(dk::ClientContext& context, bool gather);
/// The rows of a gathered result; the statement has ended.
std::shared_ptr<arrow::RecordBatchReader> MakeGatheredReader(dk::QueryResult& result);

/// One batch as a reader.
std::shared_ptr<arrow::RecordBatchReader> ReaderOf(std::shared_ptr<arrow::RecordBatch> batch);
/// {"affected_rows": rows}
std::shared_ptr<arrow::RecordBatchReader> AffectedRows(int64_t rows);
/// No columns, no rows.
std::shared_ptr<arrow::RecordBatchReader> NoRows();

}  // namespace lakehouse::query::duckdb
