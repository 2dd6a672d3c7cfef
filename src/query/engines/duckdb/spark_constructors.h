#pragma once

#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// Makes named_struct('a', 1, 'b', x) and Spark's map(key, value, ...) known, beside the engine's
/// own map([keys], [values]).
void RegisterSparkConstructors(dk::Connection& connection);

}  // namespace lakehouse::query::duckdb
