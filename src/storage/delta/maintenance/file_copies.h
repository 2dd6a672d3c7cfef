#pragma once

#include <string>
#include <vector>

#include "base/cancellation.h"
#include "storage/delta/snapshot/delta_snapshot.h"

namespace lakehouse::storage::delta {

/// The places of the file `index` of a snapshot: the data file, and its deletion vector where that
/// is a file.
std::vector<io::Location> PlacesOf(const DeltaSnapshot& snapshot, size_t index,
                                   const io::Location& table, const StorageContext& context);

/// NotFound LK-3047, naming one of them, when places are not there. Asked by
/// `threads` at once.
void RequireAll(const std::vector<io::Location>& places, size_t threads);

/// Throws what a commit that did not succeed means: CommitConflict LK-3048 or CommitStateUnknown
/// LK-3049.
void RequireCommitted(const CommitResult& result, const std::string& doing);

/// Copies objects, and deletes the copies again unless they are kept. Not thread-safe.
class FileCopies {
 public:
  FileCopies() = default;
  ~FileCopies();
  FileCopies(const FileCopies&) = delete;
  FileCopies& operator=(const FileCopies&) = delete;

  struct Copy {
    io::Location from;
    io::Location to;
    int64_t size_bytes = 0;  ///< of `from`
  };
  /// In parallel. A copy that is there with the same size was made by an earlier run and is used.
  /// Corruption LK-8005 when a source has another size.
  void Make(const std::vector<Copy>& copies, const CancellationToken& token);
  void Keep() { made_.clear(); }

 private:
  std::vector<io::Location> made_;
};

}  // namespace lakehouse::storage::delta
