#pragma once

#include "storage/delta/delta_snapshot.h"
#include "storage/delta/log.h"

namespace lakehouse::storage::delta {

/// Reads a checkpoint: classic, in parts, or of the V2 spec as Parquet or JSON, with its sidecars.
/// Corruption LK-3003 when it does not hold exactly one protocol and one metadata, holds a file
/// twice or is of another version; a damaged Parquet file is LK-3510.
DeltaSnapshot::State ReadCheckpoint(const Log& log, const CheckpointFiles& checkpoint);

/// Writes a checkpoint of `state` and then `_last_checkpoint`. Tombstones younger than
/// `keep_removes_ms` before `now_ms` are part of it. A checkpoint that is there already is left as
/// it is.
void WriteCheckpoint(const Log& log, const DeltaSnapshot::State& state, int64_t now_ms,
                     int64_t keep_removes_ms);

}  // namespace lakehouse::storage::delta
