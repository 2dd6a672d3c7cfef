#pragma once

#include "storage/schema.h"

namespace lakehouse::storage::delta {

/// Looks through the type changes that fields of the schema have been through (PROTOCOL.md, "Type
/// Change Metadata"). Unsupported LK-3002 for one that readers need not know how to convert.
void CheckTypeChanges(const Schema& schema);

}  // namespace lakehouse::storage::delta
