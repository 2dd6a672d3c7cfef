#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/pch.h"
#include "storage/table.h"

namespace lakehouse::query::duckdb {

// Rows that are copied or updated keep their ids where a table tracks them (Delta PROTOCOL.md, "Row
// Tracking"): their files have two more columns, behind those of the table.

/// Does the table track its rows (delta.enableRowTracking)?
bool TracksRows(const storage::TableMetadata& metadata);

/// `metadata` with the two columns, for writing. Unsupported LK-3020 when the table has no names
/// for them.
storage::TableMetadata WithRowIdColumns(storage::TableMetadata metadata);
/// The reverse.
storage::TableMetadata WithoutRowIdColumns(storage::TableMetadata metadata);

/// The ids of rows in the files of a snapshot: those in the file itself, or counted from the file's
/// first one. Rows that a transaction itself has added have none yet: null. Keeps those of few
/// files, so rows should come file by file. Thread-safe.
class RowIds {
 public:
  RowIds(LakeSession& session, io::Location root, storage::SnapshotPtr base);

  /// Fills in the ids of `count` rows and the versions that last changed them. Unsupported LK-3020
  /// for a file whose rows have no ids.
  void Find(const uint64_t* files, const int64_t* rows, dk::idx_t count, dk::Vector& ids,
            dk::Vector* versions);

 private:
  struct File {
    size_t index = 0;
    std::optional<int64_t> first_id;  ///< nothing for a file that is not in the table yet
    std::optional<int64_t> version;
    std::vector<std::optional<int64_t>> ids;       ///< of the file itself; empty: it has none
    std::vector<std::optional<int64_t>> versions;  ///< the same
  };
  std::shared_ptr<const File> Open(size_t index);

  LakeSession& session_;
  const io::Location root_;
  const storage::SnapshotPtr base_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<const File>> open_;  ///< the latest last
};

}  // namespace lakehouse::query::duckdb
