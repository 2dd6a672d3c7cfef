#include <string>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "storage/delta/maintenance/file_copies.h"
#include "storage/delta/snapshot/delta_snapshot.h"
#include "storage/maintenance.h"
#include "storage/mapping_keys.h"

namespace lakehouse::storage {
namespace {

using namespace delta;

/// Properties that say what later versions were written by; going back on them would break these.
constexpr const char* kStaying[] = {"delta.enableInCommitTimestamps",
                                    "delta.inCommitTimestampEnablementVersion",
                                    "delta.inCommitTimestampEnablementTimestamp",
                                    kMaxColumnIdKey,
                                    "delta.enableRowTracking",
                                    "delta.rowTracking.materializedRowIdColumnName",
                                    "delta.rowTracking.materializedRowCommitVersionColumnName"};

TableMetadata RestoredMetadata(const TableMetadata& wanted, const TableMetadata& now) {
  TableMetadata metadata = wanted;
  for (const char* key : kStaying) {
    const auto found = now.properties.find(key);
    if (found == now.properties.end()) {
      metadata.properties.erase(key);
    } else {
      metadata.properties[key] = found->second;
    }
  }
  return metadata;
}

/// The rows were written under the rules of the metadata that come back with them.
constexpr RowRules kAllRules{true, true, true, true, true, true, true};

using FileIndexes = std::unordered_map<std::string, size_t>;

FileIndexes IndexesByKey(const DeltaSnapshot& snapshot) {
  FileIndexes indexes;
  for (size_t i = 0; i < snapshot.file_count(); ++i) {
    const FileRow file = snapshot.row(i);
    indexes.emplace(FileKey(file.path().view(), file.deletion_vector()), i);
  }
  return indexes;
}

/// What is in one snapshot and not in the other.
std::vector<size_t> Difference(const DeltaSnapshot& from, const FileIndexes& other) {
  std::vector<size_t> indexes;
  for (size_t i = 0; i < from.file_count(); ++i) {
    const FileRow file = from.row(i);
    if (other.count(FileKey(file.path().view(), file.deletion_vector())) == 0) {
      indexes.push_back(i);
    }
  }
  return indexes;
}

int64_t SizeOf(const DeltaSnapshot& snapshot, const std::vector<size_t>& indexes) {
  int64_t bytes = 0;
  for (const size_t i : indexes) bytes += snapshot.row(i).size_bytes();
  return bytes;
}

}  // namespace

RestoreReport Restore(Table& table, const Snapshot& target, const CommitDescription& description,
                      const StorageContext& context, size_t threads) {
  const SnapshotPtr latest = table.Latest();
  const auto* base = dynamic_cast<const DeltaSnapshot*>(latest.get());
  const auto* wanted = dynamic_cast<const DeltaSnapshot*>(&target);
  LAKE_CHECK(base != nullptr && wanted != nullptr);
  const std::vector<size_t> removed = Difference(*base, IndexesByKey(*wanted));
  const std::vector<size_t> restored = Difference(*wanted, IndexesByKey(*base));
  std::vector<io::Location> needed;
  for (const size_t i : restored) {
    for (io::Location& place : PlacesOf(*wanted, i, table.location(), context)) {
      needed.push_back(std::move(place));
    }
  }
  RequireAll(needed, threads);

  RestoreReport report;
  report.table_size_after_restore = wanted->total_bytes();
  report.num_of_files_after_restore = static_cast<int64_t>(wanted->file_count());
  report.num_removed_files = static_cast<int64_t>(removed.size());
  report.num_restored_files = static_cast<int64_t>(restored.size());
  report.removed_files_size = SizeOf(*base, removed);
  report.restored_files_size = SizeOf(*wanted, restored);

  const auto commit = table.Begin(latest);
  commit->MarkRead();
  commit->KeepRules(kAllRules);
  TableMetadata metadata = RestoredMetadata(wanted->metadata(), base->metadata());
  if (metadata != base->metadata()) commit->SetMetadata(std::move(metadata));
  for (const size_t i : removed) commit->RemoveFile(i);
  for (const size_t i : restored) commit->AddExisting(*wanted, i, wanted->add(i).path);
  CommitDescription full = description;
  full.operation = "RESTORE";
  full.metrics = {{"tableSizeAfterRestore", report.table_size_after_restore},
                  {"numOfFilesAfterRestore", report.num_of_files_after_restore},
                  {"numRemovedFiles", report.num_removed_files},
                  {"numRestoredFiles", report.num_restored_files},
                  {"removedFilesSize", report.removed_files_size},
                  {"restoredFilesSize", report.restored_files_size}};
  const CommitResult result = commit->Commit(full);
  RequireCommitted(result, "RESTORE");
  report.version = result.version;
  return report;
}

}  // namespace lakehouse::storage
