#pragma once

#include "storage/schema.h"

namespace lakehouse::storage {

/// ValidateSchema for a table whose files have names of their own for columns: names may have any
/// character.
void ValidateMappedSchema(const Schema& schema);

}  // namespace lakehouse::storage
