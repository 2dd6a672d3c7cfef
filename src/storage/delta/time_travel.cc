#include "storage/delta/time_travel.h"

#include <algorithm>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "storage/delta/protocol.h"

namespace lakehouse::storage::delta {
namespace {

constexpr char kFirstVersion[] = "delta.inCommitTimestampEnablementVersion";
constexpr char kFirstTime[] = "delta.inCommitTimestampEnablementTimestamp";

int64_t InCommitTime(const Log& log, int64_t version) {
  const std::string place = Log::CommitName(version);
  const auto time = ParseCommit(log.ReadCommit(version), place).in_commit_timestamp;
  if (time) return *time;
  throw Error(ErrorKind::kCorruption, "LK-3003",
              place + " has no inCommitTimestamp, though the table enables them");
}

[[noreturn]] void ThrowOutside(const Log& log, int64_t unix_ms, bool before, int64_t first,
                               int64_t last) {
  throw Error(
      ErrorKind::kNotFound, "LK-3005",
      FormatTimestampMs(unix_ms) + " is " + (before ? "before the first" : "after the latest") +
          " commit of " + log.table().uri(),
      "Commits are from " + FormatTimestampMs(first) + " to " + FormatTimestampMs(last) + ".");
}

}  // namespace

std::optional<int64_t> FirstInCommitTime(const DeltaSnapshot::State& latest) {
  if (!latest.protocol || !latest.metadata ||
      !HasInCommitTimestamps(*latest.protocol, *latest.metadata)) {
    return std::nullopt;
  }
  return NumberProperty(*latest.metadata, kFirstVersion).value_or(0);
}

int64_t VersionAt(const Log& log, const DeltaSnapshot::State& latest, int64_t unix_ms) {
  std::vector<CommitFile> commits = log.List().commits;
  std::erase_if(commits, [&](const auto& commit) { return commit.version > latest.version; });
  if (commits.empty()) {
    throw Error(ErrorKind::kNotFound, "LK-3005",
                "the log of " + log.table().uri() + " has no commit with a time",
                "Only checkpoints are left of it; name a version instead.");
  }
  const auto first_own = FirstInCommitTime(latest);
  const auto own_begin =
      first_own ? std::find_if(commits.begin(), commits.end(),
                               [&](const auto& commit) { return commit.version >= *first_own; })
                : commits.end();
  const auto time_of = [&](const CommitFile& commit) {
    const bool own = first_own && commit.version >= *first_own;
    return own ? InCommitTime(log, commit.version) : commit.modified_ms;
  };
  const int64_t first = time_of(commits.front());
  const int64_t last = time_of(commits.back());
  if (unix_ms < first || unix_ms > last) ThrowOutside(log, unix_ms, unix_ms < first, first, last);
  // Times of both kinds grow, but not across the change from one to the other.
  const auto own_since =
      first_own ? NumberProperty(*latest.metadata, kFirstTime) : std::optional<int64_t>();
  const bool use_own =
      own_begin != commits.end() &&
      (own_begin == commits.begin() || unix_ms >= own_since.value_or(time_of(*own_begin)));
  const auto begin = use_own ? own_begin : commits.begin();
  const auto end = use_own ? commits.end() : own_begin;
  const auto after = std::partition_point(
      begin, end, [&](const CommitFile& commit) { return time_of(commit) <= unix_ms; });
  return after == begin ? begin->version : std::prev(after)->version;
}

}  // namespace lakehouse::storage::delta
