#pragma once

#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// What the log says about a column of a lake scan, for the optimizer: bounds and whether there are
/// nulls, in the files that are left. Only for whole numbers and dates, whose bounds are exact;
/// null when a file says nothing. The optimizer leaves out filters that the bounds make always
/// true, so this trusts the log as far as pruning does.
dk::unique_ptr<dk::BaseStatistics> ColumnStatisticsOf(dk::ClientContext& context,
                                                      const dk::FunctionData* bind_data,
                                                      dk::column_t column);

}  // namespace lakehouse::query::duckdb
