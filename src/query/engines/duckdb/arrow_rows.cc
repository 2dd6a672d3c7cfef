#include "query/engines/duckdb/arrow_rows.h"

#include <arrow/api.h>
#include <arrow/c/bridge.h>

#include <duckdb/common/arrow/arrow_converter.hpp>

#include "base/error.h"

namespace lakehouse::query::duckdb {
namespace {

template <typename T>
T ValueOf(arrow::Result<T> result) {
  if (!result.ok()) throw Error(ErrorKind::kInternal, "LK-4030", result.status().ToString());
  return std::move(result).ValueUnsafe();
}

/// The same buffers under another type of the same layout (names of nested fields differ).
std::shared_ptr<arrow::ArrayData> Retype(const arrow::ArrayData& data,
                                         const std::shared_ptr<arrow::DataType>& type) {
  auto copy = data.Copy();
  copy->type = type;
  for (size_t i = 0; i < copy->child_data.size(); ++i) {
    copy->child_data[i] = Retype(*data.child_data[i], type->field(static_cast<int>(i))->type());
  }
  return copy;
}

}  // namespace

std::shared_ptr<arrow::Schema> ArrowSchemaOf(const dk::vector<dk::LogicalType>& types,
                                             const dk::vector<std::string>& names,
                                             dk::ClientProperties properties) {
  ArrowSchema schema;
  dk::ArrowConverter::ToArrowSchema(&schema, types, names, properties);
  return ValueOf(arrow::ImportSchema(&schema));
}

std::shared_ptr<arrow::RecordBatch> ImportRows(ArrowArray array,
                                               const std::shared_ptr<arrow::Schema>& layout,
                                               const std::shared_ptr<arrow::Schema>& schema) {
  auto batch = ValueOf(arrow::ImportRecordBatch(&array, layout));
  if (layout == schema) return batch;
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (int i = 0; i < batch->num_columns(); ++i) {
    columns.push_back(
        arrow::MakeArray(Retype(*batch->column(i)->data(), schema->field(i)->type())));
  }
  return arrow::RecordBatch::Make(schema, batch->num_rows(), std::move(columns));
}

}  // namespace lakehouse::query::duckdb
