#pragma once

#include <functional>
#include <string>

#include "storage/delta/commit/conflict.h"
#include "storage/delta/commit/pending.h"
#include "storage/delta/log/log.h"

namespace lakehouse::storage::delta {

/// Attempts of one commit.
constexpr int kMaxAttempts = 1000;

/// The commitInfo of a commit, with an id of its own: what does not depend on what it changes.
HistoryEntry InfoOf(const CommitDescription& description, const StorageContext& context);

/// Writes `actions` as `version`, unless it is there: kConflict then. A reply that was lost is
/// settled by looking for our transaction id.
CommitResult TryCommit(const Log& log, const Actions& actions, int64_t version);

/// The commit of a version, or nothing when it is not there.
std::optional<Winner> FindWinner(const Log& log, int64_t version);

/// Places `ours` after all versions that `find` has: empty, or why that cannot be.
std::string Rebase(const std::function<std::optional<Winner>(int64_t)>& find,
                   const StorageContext& context, Pending& ours, Ground& ground);

}  // namespace lakehouse::storage::delta
