#include "query/engines/duckdb/schema_evolution.h"

#include "query/engines/duckdb/types.h"
#include "storage/delta/column_ids.h"
#include "storage/overlay_snapshot.h"
#include "storage/schema_change.h"

namespace lakehouse::query::duckdb {

SchemaEvolution Evolve(storage::Table& table, const dk::vector<std::string>& names,
                       const dk::vector<dk::LogicalType>& types, size_t skip, Random& random) {
  SchemaEvolution evolution;
  evolution.uri = table.location().uri();
  evolution.base = table.Latest();
  auto metadata = evolution.base->metadata();
  for (size_t i = skip; i < names.size(); ++i) {
    if (metadata.schema.IndexOf(names[i])) continue;
    storage::Field field;
    field.name = names[i];
    field.type = FromDuckDb(types[i], names[i]);
    metadata = storage::AddColumn(std::move(metadata), {}, std::move(field), {});
  }
  evolution.metadata = storage::delta::WithColumnIds(std::move(metadata),
                                                     storage::delta::PhysicalNames::kFresh, random);
  storage::PendingChanges changes;
  changes.metadata = evolution.metadata;
  evolution.view = storage::Overlay(evolution.base, std::move(changes));
  return evolution;
}

}  // namespace lakehouse::query::duckdb
