#include "storage/delta/maintenance/file_copies.h"

#include <algorithm>
#include <mutex>

#include "base/error.h"
#include "base/logging.h"
#include "storage/file_place.h"
#include "storage/parallel.h"

namespace lakehouse::storage::delta {
namespace {

/// Each of these holds a piece of a file in memory.
constexpr size_t kCopyThreads = 4;
constexpr int64_t kPieceBytes = 8 << 20;

/// False when a copy of that size was there already.
bool CopyFile(const FileCopies::Copy& copy, const CancellationToken& token) {
  const auto there = copy.to.store->Head(copy.to.path);
  if (there && there->size_bytes == copy.size_bytes) return false;
  const auto reader = copy.from.store->Open(copy.from.path);
  if (reader->info().size_bytes != copy.size_bytes) {
    throw Error(ErrorKind::kCorruption, "LK-8005",
                "the file " + copy.from.uri() + " has " +
                    std::to_string(reader->info().size_bytes) + " bytes, and its table says " +
                    std::to_string(copy.size_bytes));
  }
  const auto writer = copy.to.store->Create(copy.to.path);
  std::vector<std::byte> piece(static_cast<size_t>(std::min(kPieceBytes, copy.size_bytes)));
  for (int64_t at = 0; at < copy.size_bytes; at += kPieceBytes) {
    token.ThrowIfStopped();
    const auto length = static_cast<size_t>(std::min(kPieceBytes, copy.size_bytes - at));
    reader->ReadAt(at, std::span(piece).first(length));
    writer->Append(std::span(piece).first(length));
  }
  writer->Finish();
  return true;
}

}  // namespace

std::vector<io::Location> PlacesOf(const DeltaSnapshot& snapshot, size_t index,
                                   const io::Location& table, const StorageContext& context) {
  const AddFile add = snapshot.add(index);
  std::vector<io::Location> places = {LocateFile(add.path, table, context.stores)};
  const DeletionVectorPtr& vector = add.deletion_vector;
  if (vector && vector->storage_type != 'i') {
    places.push_back(LocateFile(PathOf(*vector), table, context.stores));
  }
  return places;
}

void RequireAll(const std::vector<io::Location>& places, size_t threads) {
  std::mutex mutex;
  std::vector<std::string> missing;
  ForEachInParallel(places.size(), threads, [&](size_t i) {
    if (places[i].store->Head(places[i].path)) return;
    const std::lock_guard lock(mutex);
    missing.push_back(places[i].uri());
  });
  if (missing.empty()) return;
  std::sort(missing.begin(), missing.end());
  throw Error(ErrorKind::kNotFound, "LK-3047",
              std::to_string(missing.size()) +
                  " of the files that are needed are not there any "
                  "more, such as " +
                  missing.front(),
              "VACUUM has deleted them; choose a newer version.");
}

void RequireCommitted(const CommitResult& result, const std::string& doing) {
  if (result.outcome == CommitOutcome::kCommitted) return;
  if (result.outcome == CommitOutcome::kConflict) {
    throw Error(ErrorKind::kCommitConflict, "LK-3048",
                doing + " met another commit: " + result.reason, "Run the statement again.");
  }
  throw Error(ErrorKind::kCommitStateUnknown, "LK-3049",
              doing + " may or may not be done: " + result.reason,
              "Look at the table's history before running it again.");
}

FileCopies::~FileCopies() {
  for (const io::Location& copy : made_) {
    try {
      copy.store->Delete(copy.path);
    } catch (const std::exception& error) {
      LogWarn("a copy was left behind", {{"file", copy.uri()}, {"reason", error.what()}});
    }
  }
}

void FileCopies::Make(const std::vector<Copy>& copies, const CancellationToken& token) {
  std::mutex mutex;
  ForEachInParallel(copies.size(), kCopyThreads, [&](size_t i) {
    if (!CopyFile(copies[i], token)) return;
    const std::lock_guard lock(mutex);
    made_.push_back(copies[i].to);
  });
}

}  // namespace lakehouse::storage::delta
