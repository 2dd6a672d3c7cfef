#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "storage/delta/log/log.h"
#include "storage/delta/snapshot/delta_snapshot.h"

namespace lakehouse::storage::delta {

/// Version, time, protocol, metadata and domains of the latest version by its checksum, without
/// files and transactions. Nothing when the latest commit has no checksum or a damaged one, when
/// that leaves something open, or when the listed log has a gap: then the log must be replayed,
/// which says what is wrong.
std::optional<DeltaSnapshot::State> ReadFreshHead(const Log& log);

/// A version of which it is known what the table is, and which files it has only when one asks:
/// then `load` gives the whole. Thread-safe.
class HeadSnapshot : public Snapshot {
 public:
  using Load = std::function<SnapshotPtr()>;

  /// `head` has no files.
  HeadSnapshot(std::shared_ptr<const DeltaSnapshot> head, Load load);

  int64_t version() const override { return head_->version(); }
  int64_t timestamp_ms() const override { return head_->timestamp_ms(); }
  const Protocol& protocol() const override { return head_->protocol(); }
  const TableMetadata& metadata() const override { return head_->metadata(); }
  ColumnMapping column_mapping() const override { return head_->column_mapping(); }
  const std::map<std::string, std::string>& domains() const override { return head_->domains(); }

  size_t file_count() const override { return Whole().file_count(); }
  FileEntry file(size_t index) const override { return Whole().file(index); }
  Value partition_value(size_t index, size_t column) const override {
    return Whole().partition_value(index, column);
  }
  bool has_partition_value(size_t index, size_t column) const override {
    return Whole().has_partition_value(index, column);
  }
  std::shared_ptr<const RowSet> DeletedRows(size_t index) const override {
    return Whole().DeletedRows(index);
  }
  std::shared_ptr<const ColumnBounds> Bounds(const ColumnPath& column) const override {
    return Whole().Bounds(column);
  }
  int64_t total_bytes() const override { return Whole().total_bytes(); }
  std::optional<int64_t> total_records() const override { return Whole().total_records(); }
  const std::map<std::string, AppTransaction>& transactions() const override {
    return Whole().transactions();
  }

 private:
  const Snapshot& Whole() const;

  const std::shared_ptr<const DeltaSnapshot> head_;
  const Load load_;
  mutable std::mutex mutex_;
  mutable SnapshotPtr whole_;  ///< guarded by mutex_ until it is there, then never changed
};

}  // namespace lakehouse::storage::delta
