#pragma once

#include <functional>

#include "query/engines/duckdb/pch.h"
#include "storage/schema.h"

namespace lakehouse::query::duckdb {

/// The type of the column at a place among the scanned ones; null when it is none of the table's.
using TypeAt = std::function<const storage::DataType*(dk::idx_t)>;

/// The filters of a scan in a form that the engine does not judge by the statistics in Parquet
/// files, for columns with floating point numbers: writers leave NaN out of them, and here NaN is
/// above every number. Null when nothing has to change.
dk::unique_ptr<dk::TableFilterSet> WithoutNanPruning(const dk::TableFilterSet& filters,
                                                     const TypeAt& type_at);

}  // namespace lakehouse::query::duckdb
