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

/// Does a filter grow stricter while rows come?
bool HasTopN(const std::vector<std::pair<size_t, const dk::TableFilter*>>& filters);

/// For a Top-N, whose filter on a column of `filters` grows stricter while rows come: puts the
/// files with its best rows first, by their bounds. True when there is such a filter.
bool OrderForTopN(const storage::Snapshot& snapshot,
                  const std::vector<std::pair<size_t, const dk::TableFilter*>>& filters,
                  std::vector<size_t>& files);

}  // namespace lakehouse::query::duckdb
