#pragma once

#include <vector>

#include "storage/delta/log/actions.h"
#include "storage/delta/log/log.h"

namespace lakehouse::storage::delta {

/// The commits, oldest first, as one (PROTOCOL.md, "Action Reconciliation"): the newest reference
/// to each logical file, the latest of everything else, domains that were removed too.
Actions Reconcile(std::vector<Actions> commits);

/// Writes the log compaction file of the versions `from` to `to`; one that is there stays. Errors
/// of reading the commits and of the store.
void WriteCompaction(const Log& log, int64_t from, int64_t to);

}  // namespace lakehouse::storage::delta
