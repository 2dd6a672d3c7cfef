#include "storage/delta/commit/schema_merge.h"

#include <utility>

#include "storage/delta/log/column_ids.h"
#include "storage/schema_change.h"

namespace lakehouse::storage::delta {

TableMetadata WithFieldsOf(TableMetadata metadata, std::vector<Field> rows, Random& random) {
  for (Field& field : rows) {
    if (metadata.schema.IndexOf(field.name)) continue;
    field.nullable = true;
    metadata = AddColumn(std::move(metadata), {}, std::move(field), {});
  }
  return WithColumnIds(std::move(metadata), PhysicalNames::kFresh, random);
}

TableMetadata WithSchema(TableMetadata metadata, Schema schema, Random& random) {
  metadata.partition_columns = CheckPartitionColumns(schema, metadata.partition_columns);
  metadata.schema = WithoutColumnIds(schema);
  ValidateColumns(metadata.schema, metadata.properties);
  return WithColumnIds(std::move(metadata), PhysicalNames::kFresh, random);
}

}  // namespace lakehouse::storage::delta
