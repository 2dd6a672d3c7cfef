#pragma once

#include <string>
#include <vector>

#include "storage/snapshot.h"

namespace lakehouse {
class Random;
}

namespace lakehouse::storage::delta {

/// The table with the fields of `rows` that it lacks behind its own, nullable: the rows that are
/// there have none. Mapped columns get ids and physical names.
TableMetadata WithFieldsOf(TableMetadata metadata, std::vector<Field> rows, Random& random);

/// The table with other columns, for rows that take the place of all its rows. InvalidSchema
/// LK-3007 when a column by which it is partitioned is not among them.
TableMetadata WithSchema(TableMetadata metadata, Schema schema, Random& random);

}  // namespace lakehouse::storage::delta
