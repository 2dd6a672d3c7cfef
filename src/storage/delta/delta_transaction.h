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
  std::string ConflictWith(const Actions& winner, int64_t version);
  /// The same for the protocol: one that only adds what we can write is taken over.
  std::string ProtocolConflict(const Protocol& winner);
  /// May features be added to the table's protocol?
  bool MadeByUs() const;
  /// Passes over the versions that are taken; the first free one, or why we cannot get there.
  CommitResult Rebase(int64_t version);
  void Describe(const CommitDescription& description);
  CommitResult Try(int64_t version);

  const Log log_;
  const StorageContext context_;
  const SnapshotPtr base_;
  const std::shared_ptr<const DeltaSnapshot> snapshot_;
  const std::function<void(int64_t)> committed_;
  Actions actions_;
  std::set<std::string, std::less<>> added_;    ///< by KeyOf(path)
  std::set<std::string, std::less<>> removed_;  ///< by KeyOf(path)
  bool read_ = false;
  bool done_ = false;
};

/// The add action of a data file. InvalidArgument LK-3022 when it has no path, or a value too many
/// or too few for the partition columns.
AddFilePtr ToAddFile(const NewFile& file, const TableMetadata& metadata);

}  // namespace lakehouse::storage::delta
