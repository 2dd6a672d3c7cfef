#pragma once

#include <string>
#include <string_view>

#include "storage/snapshot.h"

namespace lakehouse::storage::delta {

/// The `stats` text of an add action (PROTOCOL.md, "Per-file Statistics"): long strings cut to 32
/// UTF-16 units with a valid upper bound, timestamps floored to milliseconds, NaN and infinities
/// left out.
std::string WriteStats(const FileStats& stats, const Schema& schema);

/// numRecords, or -1. Never throws: odd text is unknown.
int64_t ParseRecordCount(std::string_view stats);

/// The bounds of one leaf column; unknown where the text does not say. Upper bounds of timestamps
/// are widened by what flooring may have cut. Never throws.
LeafStats ParseLeaf(std::string_view stats, const ColumnPath& column, const DataType& type);

}  // namespace lakehouse::storage::delta
