#pragma once

#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// Makes a MERGE read only files that may have rows of its source: while the source is hashed its
/// keys are collected, and the scan of the table begins behind that. `rows` are what is merged, and
/// `file_column` of them is the one that names the file of a row of the table. Does nothing where
/// rows of the table that match nothing are wanted, or the table is what is hashed.
void PruneByKeys(dk::PhysicalPlanGenerator& planner, dk::PhysicalOperator& rows,
                 dk::idx_t file_column);

}  // namespace lakehouse::query::duckdb
