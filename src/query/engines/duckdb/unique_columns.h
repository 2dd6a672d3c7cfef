#pragma once

#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// What a plan asks of a scan, with every column once. The reader of a Parquet file has one cursor
/// for each column: a column that is scanned twice, as the engine's binder makes it of an UPDATE,
/// would get the values of two different rows.
dk::TableFunctionInitInput WithUniqueColumns(const dk::TableFunctionInitInput& input);

}  // namespace lakehouse::query::duckdb
