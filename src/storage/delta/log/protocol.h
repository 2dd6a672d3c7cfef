#pragma once

#include <optional>
#include <string>
#include <string_view>

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

/// Throws Unsupported LK-3020 with the name of the feature, listed or in use, whose log this engine
/// does not write. Rules for rows are not looked at (CheckRowRules).
void CheckWritable(const Protocol& protocol, const TableMetadata& metadata);

/// Is the feature listed, or implied by the versions?
bool Supports(const Protocol& protocol, std::string_view feature);

/// `protocol` with the feature and those that it needs: higher versions where they imply all that
/// is wanted, else lists, with what the old versions imply. The same when nothing is missing.
Protocol WithFeature(const Protocol& protocol, std::string_view feature);

/// `protocol` without the feature: the smallest versions where they imply just what is left.
Protocol WithoutFeature(const Protocol& protocol, std::string_view feature);

/// `protocol` with what the properties and columns of `metadata` need beyond it.
Protocol WithFeaturesOf(const Protocol& protocol, const TableMetadata& metadata);

/// The smallest protocol for a new table.
Protocol ProtocolFor(const TableMetadata& metadata);

/// Takes the properties that ask for a protocol, `delta.feature.<name>`, `delta.minReaderVersion`
/// and `delta.minWriterVersion`, out of `metadata`, and returns `protocol` with what they ask for.
/// InvalidArgument LK-3030 for values other than "supported", or versions that there are not;
/// Unsupported LK-3020 for a feature that is not written.
Protocol TakeProtocolProperties(const Protocol& protocol, TableMetadata& metadata);

bool HasDomainMetadata(const Protocol& protocol);
/// May files of the table have deletion vectors?
bool HasDeletionVectors(const Protocol& protocol);

/// Does `next` demand all that `base` demands?
bool Extends(const Protocol& base, const Protocol& next);

/// delta.appendOnly
bool IsAppendOnly(const TableMetadata& metadata);

}  // namespace lakehouse::storage::delta
