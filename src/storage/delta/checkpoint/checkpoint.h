#pragma once

#include "storage/delta/log/log.h"
#include "storage/delta/snapshot/delta_snapshot.h"

namespace lakehouse::storage::delta {

/// Reads a checkpoint: classic, in parts, or of the V2 spec as Parquet or JSON, with its sidecars.
/// Corruption LK-3003 when it does not hold exactly one protocol and one metadata, holds a file
/// twice or is of another version; a damaged Parquet file is LK-3510.
DeltaSnapshot::State ReadCheckpoint(const Log& log, const CheckpointFiles& checkpoint);

/// The names of the files in `_sidecars` that a checkpoint refers to. Errors as ReadCheckpoint.
std::vector<std::string> SidecarsOf(const Log& log, const CheckpointFiles& checkpoint);

/// Writes a checkpoint of `state` and then `_last_checkpoint`: of the V2 spec with sidecars where
/// WantsV2Checkpoints, else a classic one. Tombstones of the last
/// delta.deletedFileRetentionDuration are part of it. A checkpoint that is there already is left as
/// it is. Memory is bounded by a row group beside the state. A failure leaves no checkpoint that a
/// reader would take; sidecars that nothing refers to are removed with the next cleaning of the
/// log.
void WriteCheckpoint(const Log& log, const DeltaSnapshot::State& state,
                     const StorageContext& context);

}  // namespace lakehouse::storage::delta
