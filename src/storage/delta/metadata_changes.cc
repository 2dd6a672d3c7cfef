#include "storage/delta/metadata_changes.h"

#include <utility>

#include "storage/delta/column_ids.h"
#include "storage/delta/protocol.h"
#include "storage/delta/row_tracking.h"

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
