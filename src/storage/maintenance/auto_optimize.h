#pragma once

#include <map>
#include <string>

namespace lakehouse::storage::maintenance {

/// Are the small files of a table with these properties to be compacted after a commit:
/// delta.autoOptimize.autoCompact, or delta.autoOptimize?
bool WantsAutoCompaction(const std::map<std::string, std::string>& properties);

/// Are writes to make few files: delta.autoOptimize.optimizeWrite, or delta.autoOptimize?
bool WantsOptimizedWrites(const std::map<std::string, std::string>& properties);

}  // namespace lakehouse::storage::maintenance
