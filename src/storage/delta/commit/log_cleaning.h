#pragma once

#include <cstdint>

#include "storage/delta/log/log.h"
#include "storage/delta/snapshot/delta_snapshot.h"

namespace lakehouse::storage::delta {

/// Deletes what the log of `latest` no longer needs (PROTOCOL.md, "Metadata Cleanup"): what is
/// older than the newest checkpoint that is not newer than `delta.logRetentionDuration` before now.
/// That checkpoint, its commit and everything later stay; so do sidecars that a checkpoint refers
/// to, or that are less than a day old. Nothing is deleted when there is no such checkpoint, when
/// it cannot be read, where it is one of those that the feature checkpointProtection keeps, or
/// where delta.enableExpiredLogCleanup is false. Returns the number of deleted files.
int64_t CleanLog(const Log& log, const DeltaSnapshot::State& latest, const StorageContext& context);

/// As CleanLog, but of all that is older than `retention_ms`, whatever the table's properties say.
int64_t CutLog(const Log& log, const DeltaSnapshot::State& latest, int64_t retention_ms,
               const StorageContext& context);

}  // namespace lakehouse::storage::delta
