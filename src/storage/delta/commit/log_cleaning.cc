#include "storage/delta/commit/log_cleaning.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "storage/delta/checkpoint/checkpoint.h"
#include "storage/delta/log/log_properties.h"
#include "storage/delta/log/protocol.h"
#include "storage/delta/replay/time_travel.h"

namespace lakehouse::storage::delta {
namespace {

int64_t MidnightBefore(int64_t unix_ms) { return unix_ms - unix_ms % kDayMs; }

/// The checkpoint that the log may begin with, or null.
const CheckpointFiles* CutoffCheckpoint(const Log& log, const LogListing& listing,
                                        const DeltaSnapshot::State& latest, int64_t cutoff_ms) {
  std::vector<CommitFile> commits = listing.commits;
  std::erase_if(commits, [&](const auto& commit) { return commit.version > latest.version; });
  if (commits.empty()) return nullptr;
  const auto cutoff = NewestNotAfter(log, commits, latest, cutoff_ms);
  if (!cutoff) return nullptr;
  const CheckpointFiles* chosen = nullptr;
  for (const CheckpointFiles& found : listing.checkpoints) {
    // The commit of its version must be there: a checkpoint does not hold all that it says.
    if (found.version <= *cutoff && listing.CommitOf(found.version) != nullptr) chosen = &found;
  }
  return chosen;
}

/// What comes before `first`, in the order in which it may go: a log that is cut anywhere is read
/// as before from `first` on.
std::vector<std::string> NamesBefore(const LogListing& listing, int64_t first) {
  std::vector<std::string> names;
  for (const CompactionFile& file : listing.compactions) {
    if (file.from <= first) names.push_back(file.name);
  }
  for (const CommitFile& commit : listing.commits) {
    if (commit.version < first) names.push_back(Log::CommitName(commit.version));
  }
  for (const int64_t version : listing.checksums) {
    if (version < first) names.push_back(Log::ChecksumName(version));
  }
  for (const CheckpointFiles& found : listing.checkpoints) {
    if (found.version < first) names.insert(names.end(), found.names.begin(), found.names.end());
  }
  return names;
}

int64_t CleanSidecars(const Log& log, int64_t now_ms) {
  const auto sidecars = log.store().List(log.PathOf(Log::kSidecars));
  if (sidecars.empty()) return 0;
  std::set<std::string> used;
  // Listed anew and after the sidecars: a checkpoint that appears later has younger ones.
  for (const CheckpointFiles& found : log.List().checkpoints) {
    for (std::string& name : SidecarsOf(log, found)) used.insert(std::move(name));
  }
  int64_t deleted = 0;
  const int64_t young_ms = MidnightBefore(now_ms) - kDayMs;
  for (const io::ObjectInfo& sidecar : sidecars) {
    const std::string name = sidecar.path.substr(sidecar.path.rfind('/') + 1);
    if (sidecar.modified_ms >= young_ms || used.count(name) > 0) continue;
    if (log.store().Delete(sidecar.path)) ++deleted;
  }
  return deleted;
}

/// What is guarded goes all at once or not at all.
bool IsGuarded(const DeltaSnapshot::State& latest, int64_t first) {
  return Supports(*latest.protocol, "checkpointProtection") &&
         first < NumberProperty(*latest.metadata, kCheckpointProtectionProperty).value_or(0);
}

int64_t CutBefore(const Log& log, const DeltaSnapshot::State& latest, int64_t cutoff_ms,
                  int64_t now_ms) {
  const LogListing listing = log.List();
  const CheckpointFiles* first = CutoffCheckpoint(log, listing, latest, cutoff_ms);
  if (first == nullptr || IsGuarded(latest, first->version)) return 0;
  const std::vector<std::string> names = NamesBefore(listing, first->version);
  if (names.empty()) return 0;
  ReadCheckpoint(log, *first);  // the log begins with it from now on: it must be whole
  int64_t deleted = 0;
  for (const std::string& name : names) {
    if (log.store().Delete(log.PathOf(name))) ++deleted;
  }
  return deleted + CleanSidecars(log, now_ms);
}

}  // namespace

int64_t CleanLog(const Log& log, const DeltaSnapshot::State& latest,
                 const StorageContext& context) {
  const auto retention = LogRetentionMs(*latest.metadata);
  if (!retention) return 0;
  const int64_t now_ms = context.clock->NowMs();
  return CutBefore(log, latest, MidnightBefore(now_ms - *retention), now_ms);
}

int64_t CutLog(const Log& log, const DeltaSnapshot::State& latest, int64_t retention_ms,
               const StorageContext& context) {
  const int64_t now_ms = context.clock->NowMs();
  return CutBefore(log, latest, now_ms - retention_ms, now_ms);
}

}  // namespace lakehouse::storage::delta
