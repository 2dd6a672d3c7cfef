#pragma once

#include "query/engines/duckdb/pch.h"
#include "storage/schema.h"
#include "storage/value.h"

namespace lakehouse::query::duckdb {

/// The engine's type for a table's type. A void column, which
/// has only nulls, is one of integers.
dk::LogicalType ToDuckDb(const storage::DataType& type);
/// The reverse; unsigned integers become the next wider type. Unsupported LK-4012 for types tables
/// lack.
storage::DataTypePtr FromDuckDb(const dk::LogicalType& type, const std::string& column);
/// A value of a primitive table type; null stays null.
dk::Value ToDuckDb(const storage::Value& value, const storage::DataType& type);

}  // namespace lakehouse::query::duckdb
