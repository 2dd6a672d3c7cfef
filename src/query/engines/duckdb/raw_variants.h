#pragma once

#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// Makes a reader of a Parquet file give the bytes of its variants: some writers mark such columns,
/// and the engine would decode those, whereby the null that variants have becomes NULL.
void ReadVariantsRaw(dk::BaseFileReader& reader);

}  // namespace lakehouse::query::duckdb
