#pragma once

#include <vector>

#include "query/engines/duckdb/pch.h"
#include "storage/snapshot.h"

namespace lakehouse::query::duckdb {

/// Of the files `candidates` (indexes in the snapshot) those that can hold a row passing every
/// filter, judged by partition values and statistics; `filters` are by position of the table's
/// column. Files without statistics stay.
std::vector<size_t> PruneFiles(
    const storage::Snapshot& snapshot, const std::vector<size_t>& candidates,
    const std::vector<std::pair<size_t, const dk::TableFilter*>>& filters);

}  // namespace lakehouse::query::duckdb
