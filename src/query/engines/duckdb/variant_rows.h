#pragma once

#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// schema_of_variant_agg, variant_explode and variant_explode_outer, as Spark has them.
void RegisterVariantRows(dk::Connection& connection);

/// The engine takes a cast from a variant, a struct to it, for one that can be undone: it would
/// compare the bytes of v with those of a variant of 1 for CAST(v AS INT) = 1. This keeps such
/// casts out of its sight.
void KeepVariantCasts(dk::DBConfig& config);

}  // namespace lakehouse::query::duckdb
