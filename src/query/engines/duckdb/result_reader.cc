#include "query/engines/duckdb/result_reader.h"

#include <arrow/api.h>

#include <duckdb/common/arrow/arrow_appender.hpp>
#include <duckdb/common/arrow/arrow_query_result.hpp>
#include <duckdb/common/arrow/physical_arrow_collector.hpp>

#include "base/error.h"
#include "query/engines/duckdb/arrow_rows.h"
#include "storage/arrow_status.h"

namespace lakehouse::query::duckdb {
namespace {

constexpr dk::idx_t kBatchRows = 8 * STANDARD_VECTOR_SIZE;
constexpr dk::idx_t kGatheredRows = DEFAULT_ROW_GROUP_SIZE;

class ResultReader : public arrow::RecordBatchReader {
 public:
  ResultReader(std::unique_ptr<StatementScope> scope, dk::unique_ptr<dk::QueryResult> result)
      : scope_(std::move(scope)),
        result_(std::move(result)),
        schema_(ArrowSchemaOf(result_->types, result_->names, result_->client_properties)) {}
  ~ResultReader() override { End(false); }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    if (!failure_.ok()) return failure_;
    try {
      *batch = Next();
    } catch (...) {
      failure_ = storage::StatusOf(CurrentError());
      End(true);
    }
    return failure_;
  }

 private:
  /// Null after the last row.
  std::shared_ptr<arrow::RecordBatch> Next() {
    if (!result_) return nullptr;
    dk::ArrowAppender rows(
        result_->types, kBatchRows, result_->client_properties,
        std::unordered_map<dk::idx_t, const dk::shared_ptr<dk::ArrowTypeExtensionData>>());
    while (rows.RowCount() < kBatchRows) {
      const auto chunk = NextChunk(*result_, scope_->fail);
      if (!chunk) {
        done_ = true;
        break;
      }
      rows.Append(*chunk, 0, chunk->size(), chunk->size());
    }
    std::shared_ptr<arrow::RecordBatch> batch;
    if (rows.RowCount() > 0) batch = ImportRows(rows.Finalize(), schema_, schema_);
    if (done_) End(false);
    return batch;
  }

  void End(bool failed) {
    if (!scope_) return;
    result_.reset();
    scope_->finish(failed);
    scope_.reset();
  }

  std::unique_ptr<StatementScope> scope_;
  dk::unique_ptr<dk::QueryResult> result_;
  const std::shared_ptr<arrow::Schema> schema_;
  bool done_ = false;
  arrow::Status failure_;  ///< what every further call answers
};

}  // namespace

std::shared_ptr<arrow::RecordBatchReader> MakeResultReader(std::unique_ptr<StatementScope> scope,
                                                           dk::unique_ptr<dk::QueryResult> result) {
  return std::make_shared<ResultReader>(std::move(scope), std::move(result));
}

dk::unique_ptr<dk::DataChunk> NextChunk(dk::QueryResult& result,
                                        const std::function<void(dk::ErrorData)>& fail) {
  dk::unique_ptr<dk::DataChunk> chunk;
  dk::ErrorData error;
  if (!result.TryFetch(chunk, error)) {
    // A stream that broke between two chunks keeps the error in itself.
    fail(error.HasError() ? error : result.GetErrorObject());
  }
  if (chunk && chunk->size() == 0) chunk.reset();
  return chunk;
}

void SetGather(dk::ClientContext& context, bool gather) {
  auto& collector = dk::ClientConfig::GetConfig(context).get_result_collector;
  collector = nullptr;
  if (!gather) return;
  collector = [](dk::ClientContext& of, dk::PreparedStatementData& statement) {
    return dk::PhysicalArrowCollector::Create(of, statement, kGatheredRows);
  };
}

std::shared_ptr<arrow::RecordBatchReader> MakeGatheredReader(dk::QueryResult& result) {
  const auto schema = ArrowSchemaOf(result.types, result.names, result.client_properties);
  arrow::RecordBatchVector batches;
  for (auto& array : result.Cast<dk::ArrowQueryResult>().ConsumeArrays()) {
    batches.push_back(ImportRows(array->arrow_array, schema, schema));
    array->arrow_array.release = nullptr;  // the batch has it
  }
  return arrow::RecordBatchReader::Make(std::move(batches), schema).ValueOrDie();
}

std::shared_ptr<arrow::RecordBatchReader> ReaderOf(std::shared_ptr<arrow::RecordBatch> batch) {
  auto schema = batch->schema();
  return arrow::RecordBatchReader::Make({std::move(batch)}, schema).ValueOrDie();
}

std::shared_ptr<arrow::RecordBatchReader> AffectedRows(int64_t rows) {
  arrow::Int64Builder builder;
  if (!builder.Append(rows).ok()) throw std::bad_alloc();
  return ReaderOf(
      arrow::RecordBatch::Make(arrow::schema({arrow::field("affected_rows", arrow::int64())}), 1,
                               {builder.Finish().ValueOrDie()}));
}

std::shared_ptr<arrow::RecordBatchReader> NoRows() {
  return arrow::RecordBatchReader::Make({}, arrow::schema(arrow::FieldVector{})).ValueOrDie();
}

}  // namespace lakehouse::query::duckdb
