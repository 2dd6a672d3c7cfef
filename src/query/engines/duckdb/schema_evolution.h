#pragma once

#include <string>
#include <vector>

#include "query/engines/duckdb/pch.h"
#include "storage/table.h"

namespace lakehouse {
class Random;
}

namespace lakehouse::query::duckdb {

/// What a table is while a statement WITH SCHEMA EVOLUTION runs: its commit makes it so.
struct SchemaEvolution {
  std::string uri;  ///< of the table
  storage::SnapshotPtr base;
  storage::SnapshotPtr view;  ///< `base` with the new columns, null in every row
  storage::TableMetadata metadata;
};

/// The table at its latest version with the columns `names` and `types` that it lacks behind its
/// own, the first `skip` left out. LK-4012 for types that tables do not have.
SchemaEvolution Evolve(storage::Table& table, const dk::vector<std::string>& names,
                       const dk::vector<dk::LogicalType>& types, size_t skip, Random& random);

}  // namespace lakehouse::query::duckdb
