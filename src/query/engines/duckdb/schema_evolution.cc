#include "query/engines/duckdb/schema_evolution.h"

#include "query/engines/duckdb/types.h"
#include "storage/delta/commit/schema_merge.h"
#include "storage/overlay_snapshot.h"

namespace lakehouse::query::duckdb {

SchemaEvolution Evolve(storage::Table& table, const dk::vector<std::string>& names,
                       const dk::vector<dk::LogicalType>& types, size_t skip, Random& random) {
  SchemaEvolution evolution;
  evolution.uri = table.location().uri();
  evolution.base = table.Latest();
  const auto& metadata = evolution.base->metadata();
  std::vector<storage::Field> fields;
  for (size_t i = skip; i < names.size(); ++i) {
    if (metadata.schema.IndexOf(names[i])) continue;
    fields.push_back({.name = names[i], .type = FromDuckDb(types[i], names[i])});
  }
  evolution.metadata = storage::delta::WithFieldsOf(metadata, std::move(fields), random);
  storage::PendingChanges changes;
  changes.metadata = evolution.metadata;
  evolution.view = storage::Overlay(evolution.base, std::move(changes));
  return evolution;
}

}  // namespace lakehouse::query::duckdb
