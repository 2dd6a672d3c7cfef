#pragma once

#include "query/engines/duckdb/value_domain.h"

namespace lakehouse::query::duckdb {

/// Of the files `candidates` (indexes in the snapshot) those in which some row may pass every
/// filter: each filter is judged in three-valued logic by what is known of the file. Unknown parts
/// keep the file. `columns` are positions in the schema by the scan's column index.
std::vector<size_t> FilesThatMayPass(dk::ClientContext& context, const storage::Snapshot& snapshot,
                                     const std::vector<size_t>& candidates,
                                     const dk::vector<dk::unique_ptr<dk::Expression>>& filters,
                                     const std::vector<dk::column_t>& columns,
                                     const FileFacts& facts = nullptr);

/// Those in which every row passes every filter.
std::vector<size_t> FilesThatMustPass(dk::ClientContext& context, const storage::Snapshot& snapshot,
                                      const std::vector<size_t>& candidates,
                                      const dk::vector<dk::unique_ptr<dk::Expression>>& filters,
                                      const std::vector<dk::column_t>& columns);

}  // namespace lakehouse::query::duckdb
