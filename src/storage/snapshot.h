#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/column_bounds.h"
#include "storage/column_mapping.h"
#include "storage/row_set.h"
#include "storage/schema.h"
#include "storage/value.h"

namespace lakehouse::storage {

/// What a reader and a writer of the table must understand (Delta PROTOCOL.md, "Protocol
/// Evolution").
struct Protocol {
  int min_reader_version = 1;
  int min_writer_version = 2;
  std::vector<std::string> reader_features;
  std::vector<std::string> writer_features;
  friend bool operator==(const Protocol&, const Protocol&) = default;
};

/// Everything about a table that is not its rows.
struct TableMetadata {
  std::string id;           ///< UUID of the table, for ever
  std::string name;         ///< often empty
  std::string description;  ///< the table's comment
  Schema schema;
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> properties;
  int64_t created_ms = 0;
  friend bool operator==(const TableMetadata&, const TableMetadata&) = default;
};

/// The way to a leaf column: {"a"} or {"a", "b"} for a.b.
using ColumnPath = std::vector<std::string>;

/// Bounds of one leaf column in one file; a null Value or -1 means unknown. Bounds hold for every
/// non-null row, but need not be reached by one (truncated strings, floored timestamps are widened
/// here).
struct LeafStats {
  Value min;
  Value max;
  int64_t null_count = -1;
};

/// Statistics of one data file, as collected by who wrote it.
struct FileStats {
  int64_t num_records = -1;
  std::map<ColumnPath, LeafStats> leaves;
};

/// One live data file.
struct FileEntry {
  std::string path;  ///< decoded; relative to the table's root, or absolute (a URI, or "/...")
  int64_t size_bytes = 0;
  int64_t modified_ms = 0;
  int64_t num_records = -1;  ///< in the file, deleted ones too; -1 without statistics
  int64_t deleted_records = 0;

  /// Rows that a scan gives; -1 when not known.
  int64_t live_records() const { return num_records < 0 ? -1 : num_records - deleted_records; }
};

struct AppTransaction {
  int64_t version = 0;
  int64_t last_updated_ms = 0;  ///< 0 when not given
};

/// The state of a table at one version. Immutable, shared, thread-safe.
class Snapshot {
 public:
  virtual ~Snapshot() = default;

  virtual int64_t version() const = 0;
  /// Unix milliseconds of the commit.
  virtual int64_t timestamp_ms() const = 0;
  virtual const Protocol& protocol() const = 0;
  virtual const TableMetadata& metadata() const = 0;
  const Schema& schema() const { return metadata().schema; }

  virtual size_t file_count() const = 0;
  virtual FileEntry file(size_t index) const = 0;
  /// Value of partition column `column` (position in partition_columns) in file `index`.
  virtual Value partition_value(size_t index, size_t column) const = 0;
  /// False when file `index` holds the column itself, so that partition_value has nothing to say.
  virtual bool has_partition_value(size_t, size_t) const { return true; }
  /// Positions of rows in file `index` that are not there any more; null when all are. Read at each
  /// call, and checked. Corruption LK-3008, or the store's error.
  virtual std::shared_ptr<const RowSet> DeletedRows(size_t) const { return nullptr; }
  virtual ColumnMapping column_mapping() const { return ColumnMapping::kNone; }
  /// Bounds of a leaf column of primitive type for all files; parsed at first use, then kept.
  /// Partition columns have min = max = the partition's value. Never fails for odd statistics:
  /// unknown.
  virtual std::shared_ptr<const ColumnBounds> Bounds(const ColumnPath& column) const = 0;
  virtual int64_t total_bytes() const = 0;
  /// Rows of the table. Nothing when a file lacks statistics.
  virtual std::optional<int64_t> total_records() const = 0;

  /// Progress of writers, by application id, and domain metadata, by domain.
  virtual const std::map<std::string, AppTransaction>& transactions() const = 0;
  virtual const std::map<std::string, std::string>& domains() const = 0;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace lakehouse::storage
