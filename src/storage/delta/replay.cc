#include "storage/delta/replay.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/logging.h"
#include "storage/delta/checkpoint.h"

namespace lakehouse::storage::delta {
namespace {

[[noreturn]] void ThrowGap(const Log& log, int64_t missing) {
  throw Error(ErrorKind::kCorruption, "LK-3003",
              "the log of " + log.table().uri() + " lacks version " + std::to_string(missing),
              "Commits are numbered without gaps; restore the missing file from a backup.");
}

[[noreturn]] void ThrowNoVersion(const Log& log, int64_t version, int64_t first, int64_t last) {
  throw Error(
      ErrorKind::kNotFound, "LK-3004",
      "there is no version " + std::to_string(version) + " of " + log.table().uri(),
      "Versions " + std::to_string(first) + " to " + std::to_string(last) + " can be read.");
}

/// The newest checkpoint not after `limit` that can be read; damaged ones are passed over, since
/// older state may take their place.
std::optional<DeltaSnapshot::State> NewestCheckpoint(const Log& log, const LogListing& listing,
                                                     int64_t limit) {
  for (auto it = listing.checkpoints.rbegin(); it != listing.checkpoints.rend(); ++it) {
    if (it->first > limit) continue;
    try {
      return ReadCheckpoint(log, it->first);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kCorruption) throw;
      LogWarn("a damaged checkpoint is passed over",
              {{"table", log.table().uri()}, {"reason", error.message()}});
    }
  }
  return std::nullopt;
}

void ApplyCommits(const Log& log, const std::vector<CommitFile>& commits, int64_t limit,
                  DeltaSnapshot::State& state) {
  for (const CommitFile& commit : commits) {
    if (commit.version <= state.version) continue;
    if (commit.version > limit) break;
    if (commit.version != state.version + 1) ThrowGap(log, state.version + 1);
    const std::string place = Log::CommitName(commit.version);
    state.Apply(ParseCommit(log.ReadCommit(commit.version), place), commit.version,
                commit.modified_ms);
  }
}

/// The state that `listing` gives, or nothing when its beginning is missing (no checkpoint that can
/// be read and no version 0) or it does not hold `version`.
StatePtr Replay(const Log& log, const LogListing& listing, std::optional<int64_t> version) {
  const int64_t limit = version.value_or(INT64_MAX);
  auto state = std::make_shared<DeltaSnapshot::State>();
  if (auto checkpoint = NewestCheckpoint(log, listing, limit)) *state = *std::move(checkpoint);
  const bool whole = !listing.commits.empty() && listing.commits.front().version == 0;
  if (state->version < 0 && !whole) return nullptr;
  ApplyCommits(log, listing.commits, limit, *state);
  if (version && state->version != *version) return nullptr;
  return state;
}

}  // namespace

StatePtr LoadState(const Log& log, std::optional<int64_t> version) {
  // The hint saves listing old entries; when it leads nowhere the whole log is listed.
  const auto hint = log.LastCheckpointHint();
  if (hint && (!version || *version >= *hint)) {
    if (auto state = Replay(log, log.List(*hint), version)) return state;
  }
  const LogListing listing = log.List();
  if (listing.commits.empty() && listing.checkpoints.empty()) {
    throw Error(ErrorKind::kNotFound, "LK-3001", log.table().uri() + " is not a Delta table",
                "A Delta table has a folder _delta_log with commits.");
  }
  if (auto state = Replay(log, listing, version)) return state;
  if (version) {
    const bool commits = !listing.commits.empty();
    const int64_t first =
        commits ? listing.commits.front().version : listing.checkpoints.begin()->first;
    const int64_t last =
        commits ? listing.commits.back().version : listing.checkpoints.rbegin()->first;
    if (*version < first || *version > last) ThrowNoVersion(log, *version, first, last);
  }
  ThrowGap(log, 0);
}

StatePtr Refresh(const Log& log, const StatePtr& base) {
  if (!log.store().Head(log.PathOf(Log::CommitName(base->version + 1)))) {
    // The next commit is not there. Was the table deleted, or made anew, under us?
    if (!log.store().Head(log.PathOf(Log::CommitName(base->version)))) return LoadState(log);
    return base;
  }
  const LogListing listing = log.List(base->version + 1);
  auto next = std::make_shared<DeltaSnapshot::State>(*base);
  ApplyCommits(log, listing.commits, INT64_MAX, *next);
  return next;
}

}  // namespace lakehouse::storage::delta
