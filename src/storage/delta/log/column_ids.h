#pragma once

#include <map>
#include <string>
#include <vector>

#include "storage/snapshot.h"

namespace lakehouse {
class Random;
}

namespace lakehouse::storage::delta {

/// How a field that is not mapped yet is called in data files.
enum class PhysicalNames {
  kFresh,  ///< col-<uuid>: a new column
  kKept,   ///< its name: files may have it already
};

/// Where delta.columnMapping.mode of `metadata` is name or id, gives every field, at every depth,
/// that has none an id and a physical name, and keeps delta.columnMapping.maxColumnId (PROTOCOL.md,
/// "Column Mapping"). Without mapping the metadata stays as it is.
TableMetadata WithColumnIds(TableMetadata metadata, PhysicalNames names, Random& random);

/// The mode that the properties name; kNone for one that is not known.
ColumnMapping MappingOf(const TableMetadata& metadata);

/// ValidateSchema, or ValidateMappedSchema where the properties map columns.
void ValidateColumns(const Schema& schema, const std::map<std::string, std::string>& properties);

/// The same fields without ids, physical names and what else belongs to one table: the columns of a
/// new table that is made like another one.
Schema WithoutColumnIds(const Schema& schema);

/// The same fields without the keys of their metadata that begin with one of `prefixes`.
Schema WithoutFieldKeys(const Schema& schema, const std::vector<std::string>& prefixes);

}  // namespace lakehouse::storage::delta
