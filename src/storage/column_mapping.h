#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "storage/schema.h"

namespace lakehouse::storage {

/// How the columns of a schema are found in data files (Delta PROTOCOL.md, "Column Mapping").
/// Partition values and statistics go by the physical name in both mapped modes.
enum class ColumnMapping {
  kNone,  ///< by name
  kName,  ///< by the physical name in the field's metadata
  kId,    ///< by the id in the field's metadata, the field id of Parquet
};

/// The name in data files, partition values and statistics. InvalidSchema LK-3502 when a mapped
/// field has none.
std::string PhysicalName(const Field& field, ColumnMapping mapping);

/// Was the type of a field, at any depth, changed since files may have been written with it
/// (delta.typeChanges)?
bool HasTypeChanges(const Schema& schema);

/// The field id. InvalidSchema LK-3502 when the field has none.
int32_t FieldId(const Field& field);

}  // namespace lakehouse::storage
