#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "storage/delta/log/log.h"
#include "storage/delta/snapshot/delta_snapshot.h"

namespace lakehouse::storage::delta {

/// What VACUUM must not delete: the files, with their deletion vectors, of every version that was
/// the latest one at `cutoff_ms` or after.
class KeptFiles {
 public:
  KeptFiles(const Log& log, const DeltaSnapshot::State& latest, int64_t cutoff_ms);

  /// And what the versions of another table, a shallow clone perhaps, have of files elsewhere, by
  /// their names: how it spells their places does not matter.
  void KeepForeign(const Log& other, const DeltaSnapshot::State& latest, int64_t cutoff_ms);

  /// `path` is that of an object in the table's store.
  bool Has(const std::string& path) const;

 private:
  void Keep(const std::string& path);
  void Keep(const std::string& path, const DeletionVectorPtr& vector);

  const io::Location table_;
  std::unordered_set<std::string> paths_;  ///< in the store
  /// Names of files that the log knows by absolute paths of another spelling, perhaps.
  std::unordered_set<std::string> names_;
};

/// A file that VACUUM may delete.
struct DeadFile {
  std::string path;  ///< in the store
  int64_t size_bytes = 0;
};

/// Everything below the table's root that is older than `cutoff_ms` and that `kept` does not have.
std::vector<DeadFile> FindByListing(const Log& log, const DeltaSnapshot::State& latest,
                                    const KeptFiles& kept, int64_t cutoff_ms);

/// The files that the versions `from` to `to` removed or were the change data of, and that `kept`
/// does not have. Sizes are those in the store; files that are not there any more are left out.
std::vector<DeadFile> FindByLog(const Log& log, const KeptFiles& kept, int64_t from, int64_t to);

}  // namespace lakehouse::storage::delta
