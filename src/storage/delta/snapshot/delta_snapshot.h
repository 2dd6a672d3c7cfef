#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "storage/delta/log/actions.h"
#include "storage/delta/snapshot/file_set.h"
#include "storage/delta/snapshot/shared_order.h"
#include "storage/snapshot.h"

namespace lakehouse::storage::delta {

/// A file that was removed, with the key of the logical file that it was.
struct Tombstone {
  std::string key;  ///< FileKey
  RemoveFile remove;
};
using TombstonePtr = std::shared_ptr<const Tombstone>;

struct KeyOfTombstone {
  static std::string_view Key(const TombstonePtr& gone) { return gone->key; }
};

/// The state of a Delta table at one version: the reconciliation of a log (PROTOCOL.md, "Action
/// Reconciliation"). The file entries are shared between the snapshots of a table.
class DeltaSnapshot : public Snapshot {
 public:
  struct State {
    int64_t version = -1;
    int64_t timestamp_ms = 0;
    std::string etag;  ///< of the commit file, empty when only its checkpoint is there
    std::optional<Protocol> protocol;
    std::optional<TableMetadata> metadata;
    std::string schema_text;  ///< as the log writes it; see Actions
    FileSet files;
    SharedOrder<TombstonePtr, KeyOfTombstone> tombstones;  ///< for checkpoints and VACUUM
    std::string transaction_id;  ///< of the commit of this version; may be empty
    /// Of the live files; kept beside them, for checksums after each commit.
    struct Totals {
      int64_t bytes = 0;
      int64_t deletion_vectors = 0;
      int64_t deleted_records = 0;
      int64_t records = 0;          ///< in the files, deleted ones too
      int64_t uncounted_files = 0;  ///< without a record count
    } totals;
    std::map<std::string, AppTransaction> transactions;
    std::map<std::string, std::string> domains;

    /// Applies what comes next. Corruption LK-3003 when it contradicts the state: a data file that
    /// is there already with other deleted rows, or twice in a checkpoint.
    void Apply(const Actions& actions, int64_t commit_version, int64_t commit_timestamp_ms,
               ActionSource source = ActionSource::kCommit);
    /// The logical file, or nothing.
    std::optional<FileRow> Find(std::string_view path, const DeletionVectorPtr& vector) const;
    /// Is a logical file of this data file there?
    bool HasDataFile(std::string_view path) const;

   private:
    void ApplyAdds(const std::vector<BlockRange>& ranges, bool one_commit);
    void ApplyAdd(const FileSet::Place& place, const std::optional<FileSet::Place>& commit);
    void ApplyRemove(const RemoveFile& remove);
    /// All files of a checkpoint.
    void TakeAll(const std::vector<BlockRange>& ranges);
    /// Adds `sign` times what the file counts for.
    void Count(const FileRow& file, int sign);
  };

  /// Corruption LK-3003 without protocol or metadata, Unsupported LK-3002 when the table needs a
  /// reader feature that we do not have.
  DeltaSnapshot(std::shared_ptr<const State> state, io::Location table, StorageContext context);

  int64_t version() const override { return state_->version; }
  int64_t timestamp_ms() const override { return state_->timestamp_ms; }
  const Protocol& protocol() const override { return *state_->protocol; }
  const TableMetadata& metadata() const override { return *state_->metadata; }
  size_t file_count() const override { return state_->files.size(); }
  FileEntry file(size_t index) const override;
  Value partition_value(size_t index, size_t column) const override;
  std::shared_ptr<const RowSet> DeletedRows(size_t index) const override;
  ColumnMapping column_mapping() const override { return mapping_; }
  std::shared_ptr<const ColumnBounds> Bounds(const ColumnPath& column) const override;
  int64_t total_bytes() const override;
  std::optional<int64_t> total_records() const override;
  const std::map<std::string, AppTransaction>& transactions() const override {
    return state_->transactions;
  }
  const std::map<std::string, std::string>& domains() const override { return state_->domains; }

  const State& state() const { return *state_; }
  /// What the log says of a file, put together at each call.
  AddFile add(size_t index) const { return row(index).Add(); }
  AddFilePtr shared_add(size_t index) const { return row(index).Share(); }
  /// The same, part by part.
  FileRow row(size_t index) const { return state_->files.at(index); }
  const io::Location& table() const { return table_; }

 private:
  std::shared_ptr<const ColumnBounds> LoadBounds(const ColumnPath& column) const;
  void LoadPartition(size_t part, ColumnBounds& bounds) const;
  void LoadLeaf(const ColumnPath& physical, const DataType& type, ColumnBounds& bounds) const;

  const std::shared_ptr<const State> state_;
  const io::Location table_;
  const StorageContext context_;
  const ColumnMapping mapping_;
  std::vector<std::string> partition_names_;  ///< physical ones, in the order of the columns
  std::vector<DataTypePtr> partition_types_;
  mutable std::mutex mutex_;
  mutable std::map<ColumnPath, std::shared_ptr<const ColumnBounds>> bounds_;  ///< guarded by mutex_
};

}  // namespace lakehouse::storage::delta
