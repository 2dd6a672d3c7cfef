#pragma once

#include <memory>
#include <optional>

#include "storage/delta/log/log.h"
#include "storage/delta/snapshot/delta_snapshot.h"

namespace lakehouse::storage::delta {

using StatePtr = std::shared_ptr<const DeltaSnapshot::State>;

/// The state at `version`, or the latest: from the newest checkpoint that can be read, then the
/// commits after it, or log compactions in their place. NotFound LK-3001 without a log, LK-3004 for
/// a version that is not there, Corruption LK-3003 for a gap or a damaged commit, LK-3009 when the
/// version's checksum says something else.
StatePtr LoadState(const Log& log, std::optional<int64_t> version = {});

/// Protocol and metadata of the latest version, from its checksum or else by LoadState.
TableHead LoadHead(const Log& log);

/// Applies the commit that comes after `state`. Corruption LK-3003 when it lacks a time that it
/// must have, or contradicts the state.
void ApplyCommit(const Actions& actions, const CommitFile& commit, DeltaSnapshot::State& state);

/// `base` with the commits that came after it; `base` itself when there are none.
StatePtr Refresh(const Log& log, const StatePtr& base);

}  // namespace lakehouse::storage::delta
