#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "storage/delta/commit/pending.h"
#include "storage/delta/log/log.h"
#include "storage/delta/snapshot/delta_snapshot.h"
#include "storage/table.h"

namespace lakehouse::storage::delta {

class CommitGroup;

/// A transaction on a Delta table. Attempts are bounded by kMaxAttempts.
class DeltaTransaction : public Transaction {
 public:
  /// `committed` is called with the version after a commit of ours. `group`, which may be null,
  /// takes blind appends.
  DeltaTransaction(Log log, StorageContext context, std::shared_ptr<const DeltaSnapshot> base,
                   std::function<void(int64_t)> committed, CommitGroup* group = nullptr);

  const SnapshotPtr& base() const override { return base_; }
  void AddFile(NewFile file) override;
  void AddExisting(const Snapshot& from, size_t index, const std::string& path) override;
  void AddChangeFile(NewFile file) override;
  void RemoveFile(size_t index) override;
  void RemoveAllFiles() override;
  void DeleteRows(size_t index, RowSet rows) override;
  void MarkRead() override { ours_.read_all = true; }
  void MarkRead(MayMatch may_match, bool only_to_choose) override;
  void MarkRearranged() override { ours_.rearranged = true; }
  void MarkMoved(const std::vector<size_t>& sources,
                 const std::vector<std::string>& targets) override;
  void SetIsolation(IsolationLevel level) override { ours_.isolation = level; }
  void KeepRules(const RowRules& kept) override { ours_.kept = kept; }
  void SetMetadata(TableMetadata metadata) override;
  void DropFeature(const std::string& feature, bool guard_history) override;
  void SetAppTransaction(const std::string& app_id, int64_t version) override;
  void SetDomain(const std::string& domain, const std::string& configuration) override;
  void RemoveDomain(const std::string& domain) override;
  CommitResult Commit(const CommitDescription& description) override;

 private:
  void CheckNew(const std::string& path, bool may_replace);
  void CheckMayRemove() const;
  /// May features be added to the table's protocol unasked?
  bool MadeByUs() const;
  void NeedDomains();
  HistoryEntry Describe(const CommitDescription& description) const;
  CommitResult Attempt(const HistoryEntry& info);
  /// Writes the vectors that are not written yet.
  void WriteVectors();
  /// Deletes the files of vectors that `committed` does not use; all of them when it is null.
  void DiscardVectors(const Actions* committed = nullptr);
  /// Alone or in a group; `led` is false when another one's thread has done the work.
  CommitResult Place(HistoryEntry info, bool& led);

  const Log log_;
  const StorageContext context_;
  const SnapshotPtr base_;
  const std::shared_ptr<const DeltaSnapshot> snapshot_;
  const std::function<void(int64_t)> committed_;
  CommitGroup* const group_;
  Pending ours_;
  Ground ground_;
  std::set<std::string, std::less<>> added_;  ///< by KeyOf(path)
  std::vector<std::string> vector_files_;     ///< written by us
  bool done_ = false;
};

/// The add action of a data file; partition values and statistics have the names that `mapping`
/// gives columns. InvalidArgument LK-3022 when it has no path, or a value too many or too few for
/// the partition columns.
AddFilePtr ToAddFile(const NewFile& file, const TableMetadata& metadata, ColumnMapping mapping);

}  // namespace lakehouse::storage::delta
