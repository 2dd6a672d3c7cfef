#pragma once

#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// Writes `x IS [NOT] DISTINCT FROM constant` as comparisons and tests for NULL, at any depth of
/// the filters. The engine (1.5) judges the first form wrongly by statistics of a column without
/// values: it leaves out rows that pass.
void WithoutDistinct(dk::vector<dk::unique_ptr<dk::Expression>>& filters);

}  // namespace lakehouse::query::duckdb
