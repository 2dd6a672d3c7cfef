#pragma once

#include "query/engines/duckdb/commands/command.h"

namespace lakehouse::query::duckdb {

/// ALTER TABLE ... DROP FEATURE: what uses the feature goes, old versions are guarded or cut off,
/// and the feature leaves the protocol. LK-4096 for a feature that cannot be dropped; LK-4097 when
/// versions that use it are not older than a day, after everything else was done.
void DropFeatureOf(const CommandContext& context, const catalog::ResolvedObject& object,
                   const dialect::DropFeature& change);

}  // namespace lakehouse::query::duckdb
