#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "storage/snapshot.h"

namespace lakehouse::storage::delta {

inline constexpr int64_t kHourMs = 3600LL * 1000;
inline constexpr int64_t kDayMs = 24 * kHourMs;

/// Checkpoints of versions before this one stay as long as the log of their versions does
/// (feature checkpointProtection).
inline constexpr char kCheckpointProtectionProperty[] =
    "delta.requireCheckpointProtectionBeforeVersion";

/// Milliseconds of "interval 1 week", "30 days", "2 hours 30 minutes"; nothing for a text that is
/// no duration, or a negative one. Months and years have no fixed length and are none.
std::optional<int64_t> ParseDuration(std::string_view text);

/// The property `key` as a flag, without regard to case; `fallback` when it is not there.
bool FlagProperty(const TableMetadata& metadata, const std::string& key, bool fallback);

/// How long removed files stay readable (delta.deletedFileRetentionDuration), in milliseconds: a
/// week, when it is not there or no duration.
int64_t DeletedFileRetentionMs(const TableMetadata& metadata);

/// How long the log of old versions stays (delta.logRetentionDuration), in milliseconds: 30 days.
/// Nothing when it must not be cleaned: delta.enableExpiredLogCleanup is false, or the duration is
/// none that we understand.
std::optional<int64_t> LogRetentionMs(const TableMetadata& metadata);

/// A checkpoint is written after each so many versions (delta.checkpointInterval): 10.
int64_t CheckpointInterval(const TableMetadata& metadata);

/// Are checkpoints of the V2 spec wanted (delta.checkpointPolicy = v2), and allowed by the
/// protocol?
bool WantsV2Checkpoints(const Protocol& protocol, const TableMetadata& metadata);

/// Commits in one log compaction file (lakehouse.logCompactionInterval); 0, none are written, when
/// it is not there.
int64_t LogCompactionInterval(const TableMetadata& metadata);

}  // namespace lakehouse::storage::delta
