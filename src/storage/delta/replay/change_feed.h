#pragma once

#include "storage/delta/log/log.h"
#include "storage/delta/snapshot/delta_snapshot.h"

namespace lakehouse::storage::delta {

/// The rows that versions `from` to `to` changed, as a snapshot of its own: the table's columns at
/// version `to`, then `_change_type` ("insert", "delete", "update_preimage", "update_postimage"),
/// `_commit_version` and `_commit_timestamp` (PROTOCOL.md, "Add CDC File"). A version with change
/// files is read from them alone, another one from the files that it adds and removes; where only
/// the deleted rows of a file changed, from those.
///
/// NotFound LK-3004 for versions that are not there, InvalidArgument LK-3010 when `from` is after
/// `to`, Unsupported LK-3011 when the change feed was off in one of the versions, or the columns
/// changed so that older files do not fit.
SnapshotPtr ReadChanges(const Log& log, const StorageContext& context, int64_t from, int64_t to);

}  // namespace lakehouse::storage::delta
