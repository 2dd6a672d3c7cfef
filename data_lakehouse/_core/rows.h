#pragma once

#include <arrow/type_fwd.h>
#include <nanobind/nanobind.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lakehouse::python {

/// Arrow data as the capsules of the Arrow PyCapsule interface: the consumer reads our buffers, no
/// byte is copied, and its Arrow may be of any version.
nanobind::capsule ExportSchema(const arrow::Schema& schema);
nanobind::capsule ExportStream(std::shared_ptr<arrow::RecordBatchReader> reader);

/// The rows of any object with __arrow_c_stream__. Reading them needs no interpreter's lock.
std::shared_ptr<arrow::RecordBatchReader> ImportStream(const nanobind::object& source);

/// One batch: (schema, array).
class Batch {
 public:
  explicit Batch(std::shared_ptr<arrow::RecordBatch> batch) : batch_(std::move(batch)) {}
  nanobind::tuple ArrowArray(const nanobind::object& requested_schema) const;
  int64_t num_rows() const;

 private:
  std::shared_ptr<arrow::RecordBatch> batch_;
};

/// Rows in memory, to be handed out as often as wanted. Immutable.
class Rows {
 public:
  Rows(std::shared_ptr<arrow::Schema> schema,
       std::vector<std::shared_ptr<arrow::RecordBatch>> batches);
  /// Takes the rows of another library over, without a copy.
  static Rows Of(const nanobind::object& source);
  nanobind::capsule ArrowStream(const nanobind::object& requested_schema) const;
  int64_t num_rows() const { return num_rows_; }
  /// The same rows for a statement (QueryRequest::sources).
  std::shared_ptr<arrow::Table> Table() const;
  /// The first `count` rows.
  Rows Head(int64_t count) const;
  /// Every cell as the text that all programs of the lakehouse show (query/render.h), by row.
  std::vector<std::vector<std::string>> Texts() const;

 private:
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
  int64_t num_rows_ = 0;
};

}  // namespace lakehouse::python
