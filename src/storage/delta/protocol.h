#pragma once

#include "storage/column_mapping.h"
#include "storage/snapshot.h"

namespace lakehouse::storage::delta {

/// Throws Unsupported LK-3002 with the name of the reader feature that we do not have.
void CheckReadable(const Protocol& protocol, const TableMetadata& metadata);

/// The mode that the table's property names, where the protocol has column mapping. Unsupported
/// LK-3002 for a mode that is not known.
ColumnMapping ColumnMappingOf(const Protocol& protocol, const TableMetadata& metadata);

/// Are the times of commits in the commits (delta.enableInCommitTimestamps, with its feature)?
bool HasInCommitTimestamps(const Protocol& protocol, const TableMetadata& metadata);

/// A whole number among the table's properties; nothing when it is not there, or no number.
std::optional<int64_t> NumberProperty(const TableMetadata& metadata, const std::string& key);

/// delta.enableChangeDataFeed
bool HasChangeDataFeed(const TableMetadata& metadata);

/// Throws Unsupported LK-3020 with the name of the writer feature in use that we do not have.
void CheckWritable(const Protocol& protocol, const TableMetadata& metadata);

/// The smallest protocol for a new table.
Protocol ProtocolFor(const TableMetadata& metadata);

/// `protocol` with the writer feature domainMetadata; features that a lower version implies are
/// listed.
Protocol WithDomainMetadata(const Protocol& protocol);
bool HasDomainMetadata(const Protocol& protocol);
/// May files of the table have deletion vectors?
bool HasDeletionVectors(const Protocol& protocol);

/// `protocol` with what `metadata` needs beyond it (timestampNtz); the same when it suffices.
Protocol WithFeaturesOf(const Protocol& protocol, const TableMetadata& metadata);

/// Does `next` demand all that `base` demands?
bool Extends(const Protocol& base, const Protocol& next);

/// delta.appendOnly
bool IsAppendOnly(const TableMetadata& metadata);

}  // namespace lakehouse::storage::delta
