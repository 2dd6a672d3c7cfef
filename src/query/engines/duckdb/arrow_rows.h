#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// The engine's columns as Arrow has them.
std::shared_ptr<arrow::Schema> ArrowSchemaOf(const dk::vector<dk::LogicalType>& types,
                                             const dk::vector<std::string>& names,
                                             dk::ClientProperties properties);
/// Takes over `array`, which has the layout of `schema` whatever its nested fields are called.
std::shared_ptr<arrow::RecordBatch> ImportRows(ArrowArray array,
                                               const std::shared_ptr<arrow::Schema>& layout,
                                               const std::shared_ptr<arrow::Schema>& schema);

}  // namespace lakehouse::query::duckdb
