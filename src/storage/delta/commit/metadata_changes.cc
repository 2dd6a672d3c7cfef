#include "storage/delta/commit/metadata_changes.h"

#include <utility>

#include "storage/delta/commit/row_tracking.h"
#include "storage/delta/log/column_ids.h"
#include "storage/delta/log/protocol.h"

namespace lakehouse::storage::delta {

void PrepareMetadata(Random& random, const TableMetadata* before, TableMetadata& metadata,
                     Protocol& protocol) {
  ValidateColumns(metadata.schema, metadata.properties);
  Protocol next = before ? WithFeaturesOf(protocol, metadata) : ProtocolFor(metadata);
  next = TakeProtocolProperties(next, metadata);
  CheckWritable(next, metadata);
  NameRowIdColumns(metadata, random);
  protocol = std::move(next);
}

}  // namespace lakehouse::storage::delta
