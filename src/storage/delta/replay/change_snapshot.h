#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/delta/snapshot/delta_snapshot.h"

namespace lakehouse::storage::delta {

/// A file with changed rows of one version.
struct ChangeEntry {
  AddFilePtr file;
  std::string type;  ///< of every row; empty when the file says it
  int64_t version = 0;
  int64_t timestamp_ms = 0;
  /// When set: only rows that are in `file`'s deletion vector and not in this one (null: in none).
  std::optional<DeletionVectorPtr> only_deleted_since;
};

/// The changed rows of some versions, for scans. Has no statistics.
class ChangeSnapshot : public Snapshot {
 public:
  /// `end` is the last of the versions: its columns are those of the rows.
  ChangeSnapshot(std::shared_ptr<const DeltaSnapshot> end, std::vector<ChangeEntry> entries,
                 io::Location table, StorageContext context);

  int64_t version() const override { return end_->version(); }
  int64_t timestamp_ms() const override { return end_->timestamp_ms(); }
  const Protocol& protocol() const override { return end_->protocol(); }
  const TableMetadata& metadata() const override { return metadata_; }
  size_t file_count() const override { return entries_.size(); }
  FileEntry file(size_t index) const override;
  Value partition_value(size_t index, size_t column) const override;
  bool has_partition_value(size_t index, size_t column) const override;
  std::shared_ptr<const RowSet> DeletedRows(size_t index) const override;
  ColumnMapping column_mapping() const override { return end_->column_mapping(); }
  std::shared_ptr<const ColumnBounds> Bounds(const ColumnPath& column) const override;
  int64_t total_bytes() const override;
  std::optional<int64_t> total_records() const override { return std::nullopt; }
  const std::map<std::string, AppTransaction>& transactions() const override {
    return end_->transactions();
  }
  const std::map<std::string, std::string>& domains() const override { return end_->domains(); }

 private:
  const std::shared_ptr<const DeltaSnapshot> end_;
  const std::vector<ChangeEntry> entries_;
  const io::Location table_;
  const StorageContext context_;
  TableMetadata metadata_;
  size_t table_partitions_ = 0;  ///< partition columns before the three of the feed
};

}  // namespace lakehouse::storage::delta
