#pragma once

#include <string>
#include <string_view>

#include "storage/schema.h"

namespace lakehouse::storage::delta {

/// `schemaString` of the metadata action (PROTOCOL.md, "Schema Serialization Format"). Corruption
/// LK-3003 for text that is no schema, Unsupported LK-3002 for types that we do not have.
Schema ParseSchema(std::string_view json);
std::string WriteSchema(const Schema& schema);

}  // namespace lakehouse::storage::delta
