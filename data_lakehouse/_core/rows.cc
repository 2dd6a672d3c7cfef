#include "rows.h"

#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>

#include <utility>

#include "errors.h"
#include "interrupt.h"
#include "query/render.h"

namespace nb = nanobind;

namespace lakehouse::python {
namespace {

/// Releases what the consumer did not take. Freeing the last batch of a statement may wait for the
/// engine, so it is done without the interpreter's lock.
template <typename Exported>
void Destroy(void* pointer) noexcept {
  const Unlocked unlocked;
  const std::unique_ptr<Exported> owned(static_cast<Exported*>(pointer));
  if (owned->release != nullptr) owned->release(owned.get());
}

template <typename Exported>
nb::capsule Capsule(std::unique_ptr<Exported> exported, const char* name) {
  return nb::capsule(exported.release(), name, &Destroy<Exported>);
}

}  // namespace

nb::capsule ExportSchema(const arrow::Schema& schema) {
  auto exported = std::make_unique<ArrowSchema>();
  Check(arrow::ExportSchema(schema, exported.get()));
  return Capsule(std::move(exported), "arrow_schema");
}

nb::capsule ExportStream(std::shared_ptr<arrow::RecordBatchReader> reader) {
  auto exported = std::make_unique<ArrowArrayStream>();
  Check(arrow::ExportRecordBatchReader(std::move(reader), exported.get()));
  return Capsule(std::move(exported), "arrow_array_stream");
}

std::shared_ptr<arrow::RecordBatchReader> ImportStream(const nb::object& source) {
  constexpr char kName[] = "arrow_array_stream";
  const nb::object capsule = source.attr("__arrow_c_stream__")();
  void* stream = PyCapsule_GetPointer(capsule.ptr(), kName);
  if (stream == nullptr) throw nb::python_error();
  auto reader = arrow::ImportRecordBatchReader(static_cast<ArrowArrayStream*>(stream));
  Check(reader.status());
  return *std::move(reader);
}

nb::tuple Batch::ArrowArray(const nb::object&) const {
  auto exported = std::make_unique<struct ArrowArray>();
  Check(arrow::ExportRecordBatch(*batch_, exported.get()));
  return nb::make_tuple(ExportSchema(*batch_->schema()),
                        Capsule(std::move(exported), "arrow_array"));
}

int64_t Batch::num_rows() const { return batch_->num_rows(); }

Rows::Rows(std::shared_ptr<arrow::Schema> schema,
           std::vector<std::shared_ptr<arrow::RecordBatch>> batches)
    : schema_(std::move(schema)), batches_(std::move(batches)) {
  for (const auto& batch : batches_) num_rows_ += batch->num_rows();
}

std::shared_ptr<arrow::Table> Rows::Table() const {
  auto table = arrow::Table::FromRecordBatches(schema_, batches_);
  Check(table.status());
  return *std::move(table);
}

Rows Rows::Of(const nb::object& source) {
  const auto reader = ImportStream(source);
  const Unlocked unlocked;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  std::shared_ptr<arrow::RecordBatch> batch;
  while (true) {
    Check(reader->ReadNext(&batch));
    if (!batch) return Rows(reader->schema(), std::move(batches));
    batches.push_back(std::move(batch));
  }
}

nb::capsule Rows::ArrowStream(const nb::object&) const {
  auto reader = arrow::RecordBatchReader::Make(batches_, schema_);
  Check(reader.status());
  return ExportStream(*std::move(reader));
}

Rows Rows::Head(int64_t count) const {
  std::vector<std::shared_ptr<arrow::RecordBatch>> head;
  for (const auto& batch : batches_) {
    if (count <= 0) break;
    head.push_back(batch->num_rows() > count ? batch->Slice(0, count) : batch);
    count -= head.back()->num_rows();
  }
  return Rows(schema_, std::move(head));
}

std::vector<std::vector<std::string>> Rows::Texts() const {
  std::vector<std::vector<std::string>> texts;
  for (const auto& batch : batches_) {
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      std::vector<std::string>& line = texts.emplace_back();
      for (const auto& column : batch->columns()) line.push_back(query::FormatCell(*column, row));
    }
  }
  return texts;
}

}  // namespace lakehouse::python
