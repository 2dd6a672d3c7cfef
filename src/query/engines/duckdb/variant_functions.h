#pragma once

#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// Spark's functions of variants: parse_json, try_parse_json, variant_get, try_variant_get,
/// is_variant_null, and to_json of a variant.
void RegisterVariantFunctions(dk::Connection& connection);

}  // namespace lakehouse::query::duckdb
