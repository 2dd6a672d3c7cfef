#pragma once

#include <optional>
#include <string>
#include <vector>

#include "storage/delta/commit/clustering.h"
#include "storage/snapshot.h"

namespace lakehouse::storage::delta {

/// The most columns to cluster by, as in Spark.
inline constexpr size_t kMaxClusteringColumns = 4;

/// By what a table is clustered, by logical names, in order; empty: clustered by nothing yet;
/// nothing: not a clustered table. Both spellings of the domain are read, lists of names and lists
/// of paths. Corruption LK-3003.
std::optional<std::vector<ColumnPath>> ClusteringColumns(const Snapshot& snapshot);

/// The domain's configuration for columns given by logical names, with Spark's lists of paths.
std::string ClusteringConfiguration(const Schema& schema, const std::vector<ColumnPath>& columns,
                                    ColumnMapping mapping);

/// Checks columns to cluster by and gives them in the spelling of the schema. InvalidArgument
/// LK-4068: too many, twice the same, a partitioned table, a type without an order, a column that
/// has no statistics; NotFound LK-4056.
std::vector<ColumnPath> CheckClustering(const TableMetadata& metadata,
                                        const std::vector<ColumnPath>& columns);

}  // namespace lakehouse::storage::delta
