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

/// The newest checkpoint not after `limit` that can be read; damaged ones are passed over.
std::optional<DeltaSnapshot::State> NewestCheckpoint(const Log& log, const LogListing& listing,
                                                     int64_t limit, std::optional<Error>& failure) {
  for (auto it = listing.checkpoints.rbegin(); it != listing.checkpoints.rend(); ++it) {
    if (it->first > limit) continue;
    try {
      DeltaSnapshot::State state = ReadCheckpoint(log, it->first, it->second);
      for (const CommitFile& commit : listing.commits) {
        if (commit.version != it->first) continue;
        state.timestamp_ms = commit.modified_ms;
        state.etag = commit.etag;
      }
      return state;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kCorruption && error.kind() != ErrorKind::kNotFound) throw;
      LogWarn("a damaged checkpoint is passed over",
              {{"table", log.table().uri()}, {"reason", error.message()}});
      failure = error;
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
    state.etag = commit.etag;
  }
}

/// There is neither a checkpoint nor the first commit to begin with: says why.
[[noreturn]] void ThrowNoStart(const Log& log, const LogListing& listing,
                               std::optional<int64_t> version,
                               const std::optional<Error>& failure) {
  if (failure) throw *failure;
  if (listing.has_v2_checkpoint) {
    throw Error(
        ErrorKind::kUnsupported, "LK-3002",
        "the log of " + log.table().uri() + " begins with a checkpoint of the feature v2Checkpoint",
        "This version does not have it; use an engine that does.");
  }
  if (version && !listing.checkpoints.empty()) {
    const int64_t last = listing.commits.empty() ? 0 : listing.commits.back().version;
    const int64_t first = listing.checkpoints.begin()->first;
    ThrowNoVersion(log, *version, first, std::max(last, listing.checkpoints.rbegin()->first));
  }
  ThrowGap(log, 0);
}

}  // namespace

StatePtr LoadState(const Log& log, std::optional<int64_t> version) {
  const int64_t limit = version.value_or(INT64_MAX);
  std::optional<Error> failure;
  std::optional<DeltaSnapshot::State> start;
  LogListing listing;
  // The hint saves listing old entries; when it leads nowhere the whole log is listed.
  const auto hint = log.LastCheckpointHint();
  if (hint && limit >= *hint) {
    listing = log.List(*hint);
    start = NewestCheckpoint(log, listing, limit, failure);
  }
  if (!start) {
    listing = log.List();
    start = NewestCheckpoint(log, listing, limit, failure);
  }
  if (listing.commits.empty() && listing.checkpoints.empty() && !listing.has_v2_checkpoint) {
    throw Error(ErrorKind::kNotFound, "LK-3001", log.table().uri() + " is not a Delta table",
                "A Delta table has a folder _delta_log with commits.");
  }
  if (!start && (listing.commits.empty() || listing.commits.front().version != 0)) {
    ThrowNoStart(log, listing, version, failure);
  }
  auto state = std::make_shared<DeltaSnapshot::State>();
  if (start) *state = *std::move(start);
  ApplyCommits(log, listing.commits, limit, *state);
  if (version && state->version != *version) {
    const int64_t first =
        listing.commits.empty() ? state->version : listing.commits.front().version;
    const int64_t last = listing.commits.empty() ? state->version : listing.commits.back().version;
    ThrowNoVersion(log, *version, first, std::max(last, state->version));
  }
  return state;
}

StatePtr Refresh(const Log& log, const StatePtr& base) {
  // Was the table deleted, or made anew, under us?
  const auto current = log.store().Head(log.PathOf(Log::CommitName(base->version)));
  if (!current || current->etag != base->etag) return LoadState(log);
  if (!log.store().Head(log.PathOf(Log::CommitName(base->version + 1)))) return base;
  const LogListing listing = log.List(base->version + 1);
  auto next = std::make_shared<DeltaSnapshot::State>(*base);
  ApplyCommits(log, listing.commits, INT64_MAX, *next);
  return next;
}

}  // namespace lakehouse::storage::delta
