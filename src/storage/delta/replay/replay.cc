#include "storage/delta/replay/replay.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/logging.h"
#include "storage/delta/checkpoint/checkpoint.h"
#include "storage/delta/checkpoint/checksum.h"
#include "storage/delta/log/protocol.h"
#include "storage/delta/replay/commit_batch.h"
#include "storage/delta/replay/first_adds.h"
#include "storage/parallel.h"

namespace lakehouse::storage::delta {
namespace {

using State = DeltaSnapshot::State;

/// More commits than these after the newest checksum are read as any log.
constexpr int64_t kMaxCommitsAfterChecksum = 10;
/// So many commits are read by several threads, and their files put in order at the end.
constexpr size_t kManyCommits = 64;
constexpr size_t kThreads = 2;
/// Commits that one thread reads at a time, and how many such lots are in memory at once.
constexpr size_t kLotCommits = 32;
constexpr size_t kLotsAtOnce = 4;

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

bool IsDamage(const Error& error) {
  return error.kind() == ErrorKind::kCorruption || error.kind() == ErrorKind::kNotFound;
}

/// The newest checkpoint not after `limit` that can be read; damaged ones are passed over.
std::optional<State> NewestCheckpoint(const Log& log, const LogListing& listing, int64_t limit,
                                      std::optional<Error>& failure) {
  for (auto it = listing.checkpoints.rbegin(); it != listing.checkpoints.rend(); ++it) {
    if (it->version > limit) continue;
    try {
      State state = ReadCheckpoint(log, *it);
      if (const CommitFile* commit = listing.CommitOf(it->version)) {
        state.timestamp_ms = commit->modified_ms;
        state.etag = commit->etag;
      }
      return state;
    } catch (const Error& error) {
      if (!IsDamage(error)) throw;
      LogWarn("a damaged checkpoint is passed over",
              {{"table", log.table().uri()}, {"reason", error.message()}});
      failure = error;
    }
  }
  return std::nullopt;
}

/// The commit's own time where the table keeps it there; else that of the file stays.
void UseInCommitTime(const Actions& actions, State& state) {
  if (!state.protocol || !state.metadata ||
      !HasInCommitTimestamps(*state.protocol, *state.metadata)) {
    return;
  }
  if (!actions.in_commit_timestamp) {
    throw Error(ErrorKind::kCorruption, "LK-3003",
                "version " + std::to_string(state.version) +
                    " has no inCommitTimestamp, though the table enables them");
  }
  state.timestamp_ms = *actions.in_commit_timestamp;
}

/// After a checkpoint or a compaction, which have no times of their own.
void FindInCommitTime(const Log& log, State& state) {
  if (!state.protocol || !state.metadata ||
      !HasInCommitTimestamps(*state.protocol, *state.metadata)) {
    return;
  }
  if (const auto text = log.FindCommit(state.version)) {
    UseInCommitTime(ParseCommit(*text, Log::CommitName(state.version)), state);
  } else if (const auto sum = log.FindChecksum(state.version)) {
    const auto time = ParseChecksum(*sum, Log::ChecksumName(state.version)).in_commit_timestamp;
    if (time) state.timestamp_ms = *time;
  }
}

/// The longest compaction that begins with `from` and does not pass `limit`, or null.
const CompactionFile* CompactionAt(const LogListing& listing, int64_t from, int64_t limit) {
  const CompactionFile* chosen = nullptr;
  for (const CompactionFile& file : listing.compactions) {
    if (file.from == from && file.to <= limit) chosen = &file;
  }
  return chosen;
}

/// Nothing when the file is damaged and its commits are there: they are read instead.
std::optional<Actions> ReadCompaction(const Log& log, const LogListing& listing,
                                      const CompactionFile& file) {
  try {
    const std::string text = log.store().Read(log.PathOf(file.name));
    return ParseCommit(text, file.name, ActionSource::kCompaction);
  } catch (const Error& error) {
    if (!IsDamage(error) || listing.CommitOf(file.from) == nullptr) throw;
    LogWarn("a damaged log compaction is passed over",
            {{"table", log.table().uri()}, {"reason", error.message()}});
    return std::nullopt;
  }
}

/// False, with the state as it was, when the file is passed over.
bool ApplyCompaction(const Log& log, const LogListing& listing, const CompactionFile& file,
                     State& state) {
  const auto actions = ReadCompaction(log, listing, file);
  if (!actions) return false;
  const CommitFile* last = listing.CommitOf(file.to);
  state.Apply(*actions, file.to, last ? last->modified_ms : file.modified_ms,
              ActionSource::kCompaction);
  state.etag = last ? last->etag : "";
  FindInCommitTime(log, state);
  return true;
}

/// The commits from version `next` on that no compaction stands for, up to `limit`.
std::span<const CommitFile> CommitsFrom(const LogListing& listing, int64_t next, int64_t limit) {
  const CommitFile* first = listing.CommitOf(next);
  if (first == nullptr) return {};
  const CommitFile* const end = listing.commits.data() + listing.commits.size();
  const CommitFile* last = first + 1;
  while (last != end && last->version == last[-1].version + 1 && last->version <= limit &&
         CompactionAt(listing, last->version, limit) == nullptr) {
    ++last;
  }
  return {first, last};
}

/// Some commits that were read, and what is in them.
struct ReadLot {
  std::span<const CommitFile> commits;
  std::vector<Actions> actions;
};

void Read(const Log& log, ReadLot& lot) {
  CommitBatch batch;
  for (const CommitFile& commit : lot.commits) {
    batch.Parse(log.ReadCommit(commit.version), Log::CommitName(commit.version));
  }
  lot.actions = batch.Finish();
}

void Apply(std::vector<ReadLot>& lots, FirstAdds& first, State& state) {
  for (ReadLot& lot : lots) {
    for (size_t i = 0; i < lot.actions.size(); ++i) {
      first.Take(lot.actions[i], lot.commits[i]);
      ApplyCommit(lot.actions[i], lot.commits[i], state);
    }
  }
}

/// Reads lots of commits at a time, while those that were read before are applied.
void ApplyMany(const Log& log, std::span<const CommitFile> commits, State& state) {
  FirstAdds first(state);
  std::vector<ReadLot> before;
  while (!commits.empty()) {
    std::vector<ReadLot> lots;
    while (!commits.empty() && lots.size() < kLotsAtOnce) {
      lots.push_back({commits.first(std::min(kLotCommits, commits.size())), {}});
      commits = commits.subspan(lots.back().commits.size());
    }
    ForEachInParallel(lots.size() + 1, kThreads, [&](size_t i) {
      if (i == 0) {
        Apply(before, first, state);
      } else {
        Read(log, lots[i - 1]);
      }
    });
    before = std::move(lots);
  }
  Apply(before, first, state);
  first.Finish();
}

/// Applies what comes after the state, up to version `limit`.
void ApplyLog(const Log& log, const LogListing& listing, int64_t limit, State& state) {
  while (state.version < limit) {
    const int64_t next = state.version + 1;
    const CompactionFile* compaction = CompactionAt(listing, next, limit);
    if (compaction != nullptr && ApplyCompaction(log, listing, *compaction, state)) continue;
    const std::span<const CommitFile> commits = CommitsFrom(listing, next, limit);
    if (commits.empty()) break;
    if (commits.size() >= kManyCommits) {
      const bool is_loose = state.files.is_loose();
      ApplyMany(log, commits, state);
      if (is_loose && state.version < std::min(limit, listing.commits.back().version)) {
        state.files.Loosen();
      }
      continue;
    }
    ApplyCommit(ParseCommit(log.ReadCommit(next), Log::CommitName(next)), commits.front(), state);
  }
  if (!listing.commits.empty() && state.version < std::min(limit, listing.commits.back().version)) {
    ThrowGap(log, state.version + 1);
  }
}

/// Corruption LK-3009 when the state is not what its version checksum says.
void Validate(const Log& log, const LogListing& listing, const State& state) {
  if (listing.checksums.count(state.version) == 0) return;
  const std::string place = Log::ChecksumName(state.version);
  if (const auto text = log.FindChecksum(state.version)) {
    CompareWith(ParseChecksum(*text, place), state, place);
  }
}

/// There is neither a checkpoint nor the first commit to begin with: says why.
[[noreturn]] void ThrowNoStart(const Log& log, const LogListing& listing,
                               std::optional<int64_t> version,
                               const std::optional<Error>& failure) {
  if (failure) throw *failure;
  if (version && !listing.checkpoints.empty()) {
    const int64_t last = listing.commits.empty() ? 0 : listing.commits.back().version;
    const int64_t first = listing.checkpoints.front().version;
    ThrowNoVersion(log, *version, first, std::max(last, listing.checkpoints.back().version));
  }
  ThrowGap(log, 0);
}

/// Can the log be replayed from its first version?
bool HasFirst(const LogListing& listing) {
  return listing.CommitOf(0) != nullptr || CompactionAt(listing, 0, INT64_MAX) != nullptr;
}

}  // namespace

void ApplyCommit(const Actions& actions, const CommitFile& commit, State& state) {
  state.Apply(actions, commit.version, commit.modified_ms);
  state.etag = commit.etag;
  UseInCommitTime(actions, state);
}

StatePtr LoadState(const Log& log, std::optional<int64_t> version) {
  const int64_t limit = version.value_or(INT64_MAX);
  std::optional<Error> failure;
  std::optional<State> start;
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
  if (listing.commits.empty() && listing.checkpoints.empty() && listing.compactions.empty()) {
    throw Error(ErrorKind::kNotFound, "LK-3001", log.table().uri() + " is not a Delta table",
                "A Delta table has a folder _delta_log with commits.");
  }
  if (!start && !HasFirst(listing)) ThrowNoStart(log, listing, version, failure);
  auto state = std::make_shared<State>();
  if (start) {
    *state = *std::move(start);
    FindInCommitTime(log, *state);
  }
  const int64_t last_commit = listing.commits.empty() ? 0 : listing.commits.back().version;
  const bool many =
      !start || std::min(limit, last_commit) - state->version >= static_cast<int64_t>(kManyCommits);
  if (many) {
    state->files.Loosen();
    state->tombstones.Loosen();
  }
  ApplyLog(log, listing, limit, *state);
  state->files.Settle();
  state->tombstones.Settle();
  if (version && state->version != *version) {
    const int64_t first =
        listing.commits.empty() ? state->version : listing.commits.front().version;
    const int64_t last = listing.commits.empty() ? state->version : listing.commits.back().version;
    ThrowNoVersion(log, *version, first, std::max(last, state->version));
  }
  Validate(log, listing, *state);
  return state;
}

namespace {

/// Protocol and metadata by the newest checksum and the commits after it; nothing when there is no
/// checksum near the end of the log.
std::optional<TableHead> HeadFromChecksum(const Log& log, const LogListing& listing) {
  const auto newest = listing.checksums.rbegin();
  if (listing.commits.empty() || newest == listing.checksums.rend()) return std::nullopt;
  const int64_t last = listing.commits.back().version;
  if (*newest > last || last - *newest > kMaxCommitsAfterChecksum) return std::nullopt;
  const auto text = log.FindChecksum(*newest);
  if (!text) return std::nullopt;
  Checksum checksum = ParseChecksum(*text, Log::ChecksumName(*newest));
  TableHead head{last, std::move(checksum.protocol), std::move(checksum.metadata)};
  for (int64_t version = *newest + 1; version <= last; ++version) {
    Actions actions = ParseCommit(log.ReadCommit(version), Log::CommitName(version));
    if (actions.protocol) head.protocol = *std::move(actions.protocol);
    if (actions.metadata) head.metadata = *std::move(actions.metadata);
  }
  return head;
}

}  // namespace

TableHead LoadHead(const Log& log) {
  LogListing listing = log.List(log.LastCheckpointHint().value_or(0));
  if (listing.commits.empty()) listing = log.List();
  if (auto head = HeadFromChecksum(log, listing)) return *std::move(head);
  const StatePtr state = LoadState(log);
  if (!state->protocol || !state->metadata) ThrowGap(log, 0);
  return {state->version, *state->protocol, *state->metadata};
}

StatePtr Refresh(const Log& log, const StatePtr& base) {
  // Was the table deleted, or made anew, under us?
  const auto current = log.store().Head(log.PathOf(Log::CommitName(base->version)));
  if (!current || current->etag != base->etag) return LoadState(log);
  if (!log.store().Head(log.PathOf(Log::CommitName(base->version + 1)))) return base;
  const LogListing listing = log.List(base->version + 1);
  auto next = std::make_shared<State>(*base);
  ApplyLog(log, listing, INT64_MAX, *next);
  Validate(log, listing, *next);
  return next;
}

}  // namespace lakehouse::storage::delta
