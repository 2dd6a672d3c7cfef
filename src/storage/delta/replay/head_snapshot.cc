#include "storage/delta/replay/head_snapshot.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "storage/delta/checkpoint/checksum.h"
#include "storage/delta/log/protocol.h"

namespace lakehouse::storage::delta {
namespace {

/// Can the latest commit be reached from the newest checkpoint, or from the first commit?
bool IsWhole(const LogListing& listing) {
  const auto& commits = listing.commits;
  const auto gap = std::adjacent_find(commits.begin(), commits.end(),
                                      [](const CommitFile& earlier, const CommitFile& later) {
                                        return later.version != earlier.version + 1;
                                      });
  if (commits.empty() || gap != commits.end()) return false;
  const int64_t start = listing.checkpoints.empty() ? -1 : listing.checkpoints.back().version;
  return commits.front().version <= start + 1 && start <= commits.back().version;
}

/// Nothing for a text that is no checksum.
std::optional<Checksum> FindChecksum(const Log& log, int64_t version) {
  const auto text = log.FindChecksum(version);
  if (!text) return std::nullopt;
  try {
    return ParseChecksum(*text, Log::ChecksumName(version));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kCorruption) throw;
    return std::nullopt;
  }
}

bool MayHaveDomains(const Protocol& protocol) {
  const auto& features = protocol.writer_features;
  return std::find(features.begin(), features.end(), "domainMetadata") != features.end();
}

}  // namespace

std::optional<DeltaSnapshot::State> ReadFreshHead(const Log& log) {
  const LogListing listing = log.List(log.LastCheckpointHint().value_or(0));
  if (!IsWhole(listing)) return std::nullopt;
  const CommitFile& latest = listing.commits.back();
  if (listing.checksums.count(latest.version) == 0) return std::nullopt;
  auto checksum = FindChecksum(log, latest.version);
  if (!checksum) return std::nullopt;
  if (!checksum->domains && MayHaveDomains(checksum->protocol)) return std::nullopt;
  const bool own_time = HasInCommitTimestamps(checksum->protocol, checksum->metadata);
  if (own_time && !checksum->in_commit_timestamp) return std::nullopt;
  DeltaSnapshot::State head;
  head.version = latest.version;
  head.etag = latest.etag;
  head.timestamp_ms = own_time ? *checksum->in_commit_timestamp : latest.modified_ms;
  head.protocol = std::move(checksum->protocol);
  head.metadata = std::move(checksum->metadata);
  if (checksum->domains) head.domains = *std::move(checksum->domains);
  return head;
}

HeadSnapshot::HeadSnapshot(std::shared_ptr<const DeltaSnapshot> head, Load load)
    : head_(std::move(head)), load_(std::move(load)) {}

const Snapshot& HeadSnapshot::Whole() const {
  const std::lock_guard lock(mutex_);
  if (!whole_) whole_ = load_();
  return *whole_;
}

}  // namespace lakehouse::storage::delta
