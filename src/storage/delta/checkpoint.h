#pragma once

#include "storage/delta/delta_snapshot.h"
#include "storage/delta/log.h"

namespace lakehouse::storage::delta {

/// The state in a classic checkpoint (PROTOCOL.md, "Checkpoints") of one file or several parts.
/// Corruption LK-3003 or LK-3510 when a file is damaged, or protocol or metadata are missing;
/// Unsupported LK-3002 when it refers to sidecar files.
DeltaSnapshot::State ReadCheckpoint(const Log& log, int64_t version,
                                    const std::vector<std::string>& names);

/// Writes a checkpoint of `state` and then `_last_checkpoint`. Tombstones younger than
/// `keep_removes_ms` before `now_ms` are part of it. A checkpoint that is there already is left as
/// it is.
void WriteCheckpoint(const Log& log, const DeltaSnapshot::State& state, int64_t now_ms,
                     int64_t keep_removes_ms);

}  // namespace lakehouse::storage::delta
