#include "storage/overlay_snapshot.h"

#include <algorithm>
#include <mutex>

namespace lakehouse::storage {
namespace {

class OverlaySnapshot : public Snapshot {
 public:
  OverlaySnapshot(SnapshotPtr base, PendingChanges changes)
      : base_(std::move(base)),
        changes_(std::move(changes)),
        base_files_(changes_.replaced ? 0 : base_->file_count()) {}

  int64_t version() const override { return base_->version(); }
  int64_t timestamp_ms() const override { return base_->timestamp_ms(); }
  const Protocol& protocol() const override { return base_->protocol(); }
  const TableMetadata& metadata() const override {
    return changes_.metadata ? *changes_.metadata : base_->metadata();
  }

  size_t file_count() const override { return base_files_ + changes_.files.size(); }
  FileEntry file(size_t index) const override {
    FileEntry entry;
    if (index < base_files_) {
      entry = base_->file(index);
    } else {
      const NewFile& own = Own(index);
      entry.path = own.path;
      entry.size_bytes = own.size_bytes;
      entry.modified_ms = own.modified_ms;
      entry.num_records = own.stats.num_records;
    }
    const auto gone = changes_.deleted.find(index);
    if (gone != changes_.deleted.end()) entry.deleted_records += gone->second.size();
    return entry;
  }
  Value partition_value(size_t index, size_t column) const override {
    return index < base_files_ ? base_->partition_value(index, column)
                               : Own(index).partition_values.at(column);
  }
  bool has_partition_value(size_t index, size_t column) const override {
    return index >= base_files_ || base_->has_partition_value(index, column);
  }
  std::shared_ptr<const RowSet> DeletedRows(size_t index) const override {
    auto there = index < base_files_ ? base_->DeletedRows(index) : nullptr;
    const auto gone = changes_.deleted.find(index);
    if (gone == changes_.deleted.end()) return there;
    auto all = std::make_shared<RowSet>(gone->second);
    if (there) all->Unite(*there);
    return all;
  }
  ColumnMapping column_mapping() const override { return base_->column_mapping(); }

  std::shared_ptr<const ColumnBounds> Bounds(const ColumnPath& column) const override {
    const std::lock_guard lock(mutex_);
    auto& kept = bounds_[column];
    if (!kept) kept = LoadBounds(column);
    return kept;
  }

  int64_t total_bytes() const override {
    int64_t bytes = changes_.replaced ? 0 : base_->total_bytes();
    for (const NewFile& own : changes_.files) bytes += own.size_bytes;
    return bytes;
  }
  std::optional<int64_t> total_records() const override {
    int64_t rows = 0;
    for (size_t i = 0; i < file_count(); ++i) {
      const int64_t live = file(i).live_records();
      if (file(i).num_records < 0) return std::nullopt;
      rows += live;
    }
    return rows;
  }
  const std::map<std::string, AppTransaction>& transactions() const override {
    return base_->transactions();
  }
  const std::map<std::string, std::string>& domains() const override { return base_->domains(); }
  Underlay underlay() const { return {base_.get(), base_files_}; }

 private:
  const NewFile& Own(size_t index) const { return changes_.files.at(index - base_files_); }

  std::shared_ptr<const ColumnBounds> LoadBounds(const ColumnPath& column) const {
    auto bounds = std::make_shared<ColumnBounds>();
    if (base_files_ > 0) *bounds = *base_->Bounds(column);
    bounds->Resize(file_count());
    const auto& parts = metadata().partition_columns;
    const auto part =
        column.size() == 1 ? std::find(parts.begin(), parts.end(), column[0]) : parts.end();
    for (size_t i = base_files_; i < file_count(); ++i) {
      const NewFile& own = Own(i);
      if (part != parts.end()) {
        const Value& value = own.partition_values.at(static_cast<size_t>(part - parts.begin()));
        bounds->Set(i, value, value, value.is_null() ? own.stats.num_records : 0);
        continue;
      }
      const auto leaf = own.stats.leaves.find(column);
      if (leaf == own.stats.leaves.end()) continue;
      bounds->Set(i, leaf->second.min, leaf->second.max, leaf->second.null_count);
    }
    return bounds;
  }

  const SnapshotPtr base_;
  const PendingChanges changes_;
  const size_t base_files_;
  mutable std::mutex mutex_;
  mutable std::map<ColumnPath, std::shared_ptr<const ColumnBounds>> bounds_;  ///< guarded by mutex_
};

}  // namespace

SnapshotPtr Overlay(SnapshotPtr base, PendingChanges changes) {
  return std::make_shared<OverlaySnapshot>(std::move(base), std::move(changes));
}

Underlay UnderlayOf(const Snapshot& snapshot) {
  const auto* overlay = dynamic_cast<const OverlaySnapshot*>(&snapshot);
  if (overlay == nullptr) return {&snapshot, snapshot.file_count()};
  Underlay below = overlay->underlay();
  const Underlay deeper = UnderlayOf(*below.snapshot);
  return {deeper.snapshot, std::min(below.files, deeper.files)};
}

}  // namespace lakehouse::storage
