#pragma once

#include "storage/snapshot.h"

namespace lakehouse::storage::delta {

/// Throws Unsupported LK-3002 with the name of the reader feature that we do not have.
void CheckReadable(const Protocol& protocol, const TableMetadata& metadata);

/// Throws Unsupported LK-3020 with the name of the writer feature in use that we do not have.
void CheckWritable(const Protocol& protocol, const TableMetadata& metadata);

/// The smallest protocol for a new table.
Protocol ProtocolFor(const TableMetadata& metadata);

/// `protocol` with the writer feature domainMetadata; features that a lower version implies are
/// listed.
Protocol WithDomainMetadata(const Protocol& protocol);
bool HasDomainMetadata(const Protocol& protocol);

/// `protocol` with what `metadata` needs beyond it (timestampNtz); the same when it suffices.
Protocol WithFeaturesOf(const Protocol& protocol, const TableMetadata& metadata);

/// Does `next` demand all that `base` demands?
bool Extends(const Protocol& base, const Protocol& next);

/// delta.appendOnly
bool IsAppendOnly(const TableMetadata& metadata);

}  // namespace lakehouse::storage::delta
