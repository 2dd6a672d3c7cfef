#include "storage/delta/commit/after_commit.h"

#include <exception>

#include "base/logging.h"
#include "storage/delta/checkpoint/checkpoint.h"
#include "storage/delta/checkpoint/checksum.h"
#include "storage/delta/commit/log_cleaning.h"
#include "storage/delta/commit/log_compaction.h"
#include "storage/delta/log/log_properties.h"

namespace lakehouse::storage::delta {
namespace {

template <typename Work>
bool Try(const Log& log, const char* message, Work work) {
  try {
    work();
    return true;
  } catch (const std::exception& error) {
    LogWarn(message, {{"table", log.table().uri()}, {"reason", error.what()}});
    return false;
  }
}

}  // namespace

void FollowCommit(const Log& log, int64_t version, const DeltaSnapshot::State& state,
                  const StorageContext& context) {
  if (state.version == version) {
    Try(log, "no version checksum was written", [&] {
      log.store().WriteIfAbsent(log.PathOf(Log::ChecksumName(version)), ChecksumText(state));
    });
  }
  if (version > 0 && version % CheckpointInterval(*state.metadata) == 0) {
    const bool written =
        Try(log, "no checkpoint was written", [&] { WriteCheckpoint(log, state, context); });
    if (written) Try(log, "the log was not cleaned", [&] { CleanLog(log, state, context); });
    return;  // a checkpoint spares readers the commits, too
  }
  const int64_t interval = LogCompactionInterval(*state.metadata);
  if (interval < 2 || (version + 1) % interval != 0) return;
  Try(log, "no log compaction was written",
      [&] { WriteCompaction(log, version + 1 - interval, version); });
}

}  // namespace lakehouse::storage::delta
