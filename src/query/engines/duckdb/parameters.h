#pragma once

#include "query/engines/duckdb/pch.h"
#include "query/query.h"

namespace lakehouse::query::duckdb {

/// The parameter as a value of the engine. InvalidArgument LK-4005 for a decimal number of more
/// than 38 digits.
dk::Value ToDuckDb(const Parameter& parameter);

}  // namespace lakehouse::query::duckdb
