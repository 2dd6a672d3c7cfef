#pragma once

#include <cstdint>
#include <vector>

#include "storage/snapshot.h"

namespace lakehouse::storage::maintenance {

/// Files are brought to about this size when the table has no delta.targetFileSize: large enough
/// for scans, small enough to be written anew when rows change.
inline constexpr int64_t kTargetFileBytes = int64_t{256} << 20;
/// A file that has lost a larger share of its rows is written anew, whatever its size.
inline constexpr double kMaxDeletedShare = 0.05;

/// Files of one partition, by index in a snapshot, that are read and written together.
struct FileGroup {
  std::vector<size_t> files;
  int64_t bytes = 0;
};

struct CompactionRules {
  int64_t target_bytes = kTargetFileBytes;
  double max_deleted_share = kMaxDeletedShare;
};

/// The candidates by partition, in the order of their partition values.
std::vector<FileGroup> GroupByPartition(const Snapshot& snapshot,
                                        const std::vector<size_t>& candidates);

/// Has the file lost so many rows, or does nobody know how many, that it should be written anew?
bool IsWorn(const FileEntry& file, double max_deleted_share);

/// Groups of small and worn files, each of about the target size: by partition, the smallest first,
/// next fit. A group has two files or more, or one that is worn. What a plan's outcome gives is
/// not planned again, unless its files shrank.
std::vector<FileGroup> PlanCompaction(const Snapshot& snapshot,
                                      const std::vector<size_t>& candidates,
                                      const CompactionRules& rules);

}  // namespace lakehouse::storage::maintenance
