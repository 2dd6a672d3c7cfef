#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "storage/delta/log/log.h"
#include "storage/delta/snapshot/delta_snapshot.h"

namespace lakehouse::storage::delta {

/// The first version whose time is in its commit; nothing when times are those of the files
/// (PROTOCOL.md, "In-Commit Timestamps").
std::optional<int64_t> FirstInCommitTime(const DeltaSnapshot::State& latest);

/// The latest of `commits`, all of versions not after `latest`, that is not later than `unix_ms`;
/// nothing when all are.
std::optional<int64_t> NewestNotAfter(const Log& log, const std::vector<CommitFile>& commits,
                                      const DeltaSnapshot::State& latest, int64_t unix_ms);

/// The latest version whose commit is not later than `unix_ms`. NotFound LK-3005 before the first
/// one that can be read, and after the latest one.
int64_t VersionAt(const Log& log, const DeltaSnapshot::State& latest, int64_t unix_ms);

}  // namespace lakehouse::storage::delta
