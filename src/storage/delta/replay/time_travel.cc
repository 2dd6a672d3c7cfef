#include "storage/delta/replay/time_travel.h"

#include <algorithm>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "storage/delta/log/protocol.h"

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

namespace {

/// When each commit was made, by the rule that holds at its version.
class CommitTimes {
 public:
  CommitTimes(const Log& log, const DeltaSnapshot::State& latest)
      : log_(log),
        first_own_(FirstInCommitTime(latest)),
        own_since_(first_own_ ? NumberProperty(*latest.metadata, kFirstTime) : std::nullopt) {}

  int64_t Of(const CommitFile& commit) const {
    const bool own = first_own_ && commit.version >= *first_own_;
    return own ? InCommitTime(log_, commit.version) : commit.modified_ms;
  }

  std::optional<int64_t> NewestNotAfter(const std::vector<CommitFile>& commits,
                                        int64_t unix_ms) const {
    const auto own_begin =
        first_own_ ? std::find_if(commits.begin(), commits.end(),
                                  [&](const auto& commit) { return commit.version >= *first_own_; })
                   : commits.end();
    // Times of both kinds grow, but not across the change from one to the other.
    const bool use_own =
        own_begin != commits.end() &&
        (own_begin == commits.begin() || unix_ms >= own_since_.value_or(Of(*own_begin)));
    const auto begin = use_own ? own_begin : commits.begin();
    const auto end = use_own ? commits.end() : own_begin;
    const auto after = std::partition_point(
        begin, end, [&](const CommitFile& commit) { return Of(commit) <= unix_ms; });
    if (after != commits.begin()) return std::prev(after)->version;
    return std::nullopt;
  }

 private:
  const Log& log_;
  const std::optional<int64_t> first_own_;
  const std::optional<int64_t> own_since_;
};

}  // namespace

std::optional<int64_t> NewestNotAfter(const Log& log, const std::vector<CommitFile>& commits,
                                      const DeltaSnapshot::State& latest, int64_t unix_ms) {
  return CommitTimes(log, latest).NewestNotAfter(commits, unix_ms);
}

int64_t VersionAt(const Log& log, const DeltaSnapshot::State& latest, int64_t unix_ms) {
  std::vector<CommitFile> commits = log.List().commits;
  std::erase_if(commits, [&](const auto& commit) { return commit.version > latest.version; });
  if (commits.empty()) {
    throw Error(ErrorKind::kNotFound, "LK-3005",
                "the log of " + log.table().uri() + " has no commit with a time",
                "Only checkpoints are left of it; name a version instead.");
  }
  const CommitTimes times(log, latest);
  const int64_t first = times.Of(commits.front());
  const int64_t last = times.Of(commits.back());
  if (unix_ms < first || unix_ms > last) ThrowOutside(log, unix_ms, unix_ms < first, first, last);
  return times.NewestNotAfter(commits, unix_ms).value_or(commits.front().version);
}

}  // namespace lakehouse::storage::delta
