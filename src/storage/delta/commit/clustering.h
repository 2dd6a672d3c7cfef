#pragma once

#include <string>

#include "storage/snapshot.h"

namespace lakehouse::storage::delta {

constexpr char kClusteringDomain[] = "delta.clustering";

/// Looks through the text of the domain delta.clustering (PROTOCOL.md, "Clustered Table"): columns
/// are named by lists of physical names, or by single ones. InvalidArgument LK-3031 for a text that
/// is none, a column that the table does not have, or a table that is partitioned.
void CheckClustering(const std::string& configuration, const TableMetadata& metadata,
                     const Protocol& protocol);

/// Unsupported LK-3020 for a domain of the protocol itself.
void CheckUserDomain(const std::string& domain);

}  // namespace lakehouse::storage::delta
