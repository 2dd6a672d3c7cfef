#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "query/engines/duckdb/commands/command.h"
#include "storage/table.h"

namespace lakehouse {
class Random;
}

namespace lakehouse::query::duckdb {

using ClusterColumns = std::optional<std::vector<storage::ColumnPath>>;

/// What a table is to be, made whole: properties checked, columns given ids where they are mapped,
/// clustering (nothing: none) and identity columns checked. Errors LK-4060 to LK-4062, LK-4067,
/// LK-4068, LK-3007.
void CompleteNewTable(storage::CreateTableOptions& options, const ClusterColumns& cluster_by,
                      Random& random);

/// Checks the expressions of a table and puts its constraints into `properties`. LK-4063 for two of
/// one name, else the errors of CheckRule.
void AddRules(const CommandContext& context, const std::vector<dialect::Rule>& rules,
              const std::string& table, const storage::Schema& schema,
              std::map<std::string, std::string>& properties);

/// `next` for a table that is there: what belongs to the table stays (who made it, the mode of its
/// columns, features' own properties), and where columns are mapped the new ones get new ids, so
/// that no old file is read as theirs. Constraints of the old columns go.
storage::TableMetadata Replacement(const storage::TableMetadata& before,
                                   storage::TableMetadata next, Random& random);

/// The clustering of a table that is replaced: `cluster_by`, or none where there was one.
void SetClustering(storage::Transaction& transaction, const storage::TableMetadata& next,
                   const ClusterColumns& cluster_by);

/// The domains that come with a replacement by a query: `wanted`, and no clustering where there was
/// one. Unsupported LK-4012 for clustering where columns are mapped.
std::map<std::string, std::string> DomainsOfReplacement(const storage::Snapshot& before,
                                                        const storage::TableMetadata& next,
                                                        std::map<std::string, std::string> wanted);

/// How the commit that makes the table is described, as Spark does.
std::map<std::string, std::string> CreationParameters(const storage::CreateTableOptions& options,
                                                      const ClusterColumns& cluster_by,
                                                      bool managed);

}  // namespace lakehouse::query::duckdb
