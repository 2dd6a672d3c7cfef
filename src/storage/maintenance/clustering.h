#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "storage/maintenance/compaction.h"

namespace lakehouse::storage::maintenance {

inline constexpr char kClusteringDomain[] = "delta.clustering";
/// Tags of files that were clustered together, as Spark writes them.
inline constexpr char kCubeIdTag[] = "ZCUBE_ID";
inline constexpr char kCubeColumnsTag[] = "ZCUBE_ZORDER_BY";
inline constexpr char kClusteringProvider[] = "liquid";
/// A cube is complete, and left alone, at so many times the target file size.
inline constexpr int64_t kMinCubeFiles = 100;
/// A new cube takes files of about so many times the target file size.
inline constexpr int64_t kTargetCubeFiles = 150;

/// The columns by which the table is clustered (CLUSTER BY), by logical names; nothing for a table
/// without clustering, none for CLUSTER BY NONE. Corruption LK-3003 for a domain that is no list of
/// columns of the table. Both forms of the domain are read: lists of paths, and of names.
std::optional<std::vector<ColumnPath>> ClusteringColumns(const Snapshot& snapshot);

/// The text of kCubeColumnsTag.
std::string CubeColumnsText(const std::vector<ColumnPath>& columns);

/// What the log says of a file that was clustered.
struct FileClustering {
  std::map<std::string, std::string> tags;
  std::string provider;
};
using FileClusteringOf = std::function<FileClustering(size_t file)>;

struct ClusteringRules {
  int64_t target_bytes = kTargetFileBytes;
  bool full = false;  ///< also what was clustered by other columns or by other providers
};

/// Which files are clustered anew, each group as one cube.
struct ClusteringPlan {
  std::vector<FileGroup> groups;
  int64_t cubes = 0;  ///< that the files of the groups belong to
  int64_t cube_files = 0;
  int64_t cube_bytes = 0;
  int64_t other_files = 0;
  int64_t other_bytes = 0;
};

/// Files that are in no cube, then those of cubes that are not complete. Without `full` those of
/// other providers or columns are left alone. A group of one cube alone is left
/// out: clustering it again changes nothing.
ClusteringPlan PlanClustering(const Snapshot& snapshot, const std::vector<size_t>& candidates,
                              const std::vector<ColumnPath>& columns, const FileClusteringOf& of,
                              const ClusteringRules& rules);

/// Are statistics written of the column, so that an order by it leaves out files? A column of a
/// nested type has none.
bool HasStatistics(const TableMetadata& metadata, const ColumnPath& column);

}  // namespace lakehouse::storage::maintenance
