#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "storage/delta/delta_snapshot.h"
#include "storage/delta/log.h"
#include "storage/table.h"

namespace lakehouse::storage::delta {

/// A transaction on a Delta table. Attempts are bounded by kMaxAttempts.
class DeltaTransaction : public Transaction {
 public:
  static constexpr int kMaxAttempts = 1000;

  /// `committed` is called with the version after a commit of ours.
  DeltaTransaction(Log log, StorageContext context, std::shared_ptr<const DeltaSnapshot> base,
                   std::function<void(int64_t)> committed);

  const SnapshotPtr& base() const override { return base_; }
  void AddFile(NewFile file) override;
  void RemoveFile(size_t index) override;
  void RemoveAllFiles() override;
  void MarkRead() override { read_ = true; }
  void SetMetadata(TableMetadata metadata) override;
  void SetAppTransaction(const std::string& app_id, int64_t version) override;
  void SetDomain(const std::string& domain, const std::string& configuration) override;
  CommitResult Commit(const CommitDescription& description) override;

 private:
  bool IsBlindAppend() const;
  /// What a winner's commit means for ours: empty, or why we cannot come after it.
  std::string ConflictWith(const Actions& winner, int64_t version) const;
  void Describe(const CommitDescription& description);
  CommitResult Try(int64_t version);

  const Log log_;
  const StorageContext context_;
  const SnapshotPtr base_;
  const std::shared_ptr<const DeltaSnapshot> snapshot_;
  const std::function<void(int64_t)> committed_;
  Actions actions_;
  std::set<std::string> removed_;  ///< paths
  bool read_ = false;
  bool done_ = false;
};

/// The add action of a data file.
AddFilePtr ToAddFile(const NewFile& file, const TableMetadata& metadata);

}  // namespace lakehouse::storage::delta
