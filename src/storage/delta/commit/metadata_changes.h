#pragma once

#include "storage/snapshot.h"

namespace lakehouse {
class Random;
}

namespace lakehouse::storage::delta {

/// Makes `metadata` what may be written, and `protocol` what it needs: properties that ask for a
/// protocol are taken out, and what the engine itself must name gets its names. `before` is the
/// table's metadata until now, or null for a new table. Errors of ValidateSchema,
/// TakeProtocolProperties and CheckWritable.
void PrepareMetadata(Random& random, const TableMetadata* before, TableMetadata& metadata,
                     Protocol& protocol);

}  // namespace lakehouse::storage::delta
