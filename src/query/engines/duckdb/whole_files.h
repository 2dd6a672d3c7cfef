#pragma once

#include <vector>

#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// Files of which a DELETE whose rows come from `rows` takes every row, as the log tells: those in
/// which all rows pass its condition. They are taken out of the scan, so that nothing of them is
/// read. Empty when rows come from anything but one scan with its conditions.
std::vector<size_t> TakeWholeFiles(dk::ClientContext& context, dk::PhysicalOperator& rows);

}  // namespace lakehouse::query::duckdb
