#pragma once

#include <map>
#include <optional>
#include <vector>

#include "storage/table.h"

namespace lakehouse::storage {

/// What a transaction that has not ended did to a table.
struct PendingChanges {
  std::vector<NewFile> files;  ///< written, not in the log
  /// Rows that are gone: by index in the overlay, so files of the base come first.
  std::map<size_t, RowSet> deleted;
  bool replaced = false;                  ///< no file of the base is left
  std::optional<TableMetadata> metadata;  ///< in the place of the base's
};

/// The table as the transaction sees it: the files of `base` without the rows that it deleted, then
/// its own. Version, protocol, transactions and domains are those of `base`. Statistics of the new
/// files are taken as they were collected.
SnapshotPtr Overlay(SnapshotPtr base, PendingChanges changes);

/// What is below an overlay: the first `files` of its files are those of `snapshot`.
struct Underlay {
  const Snapshot* snapshot = nullptr;
  size_t files = 0;
};
/// Of another snapshot: itself.
Underlay UnderlayOf(const Snapshot& snapshot);

}  // namespace lakehouse::storage
