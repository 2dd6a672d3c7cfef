#pragma once

#include "storage/delta/log/log.h"
#include "storage/delta/snapshot/delta_snapshot.h"

namespace lakehouse::storage::delta {

/// What follows our commit of `version`; `state` is the latest one. In this order: the version
/// checksum, unless somebody committed meanwhile; at each delta.checkpointInterval-th version a
/// checkpoint of `state`, then the cleaning of the log; else a log compaction, where
/// lakehouse.logCompactionInterval asks for it. Nothing of it is part of the commit: a failure is
/// logged as a warning and costs time later.
void FollowCommit(const Log& log, int64_t version, const DeltaSnapshot::State& state,
                  const StorageContext& context);

}  // namespace lakehouse::storage::delta
