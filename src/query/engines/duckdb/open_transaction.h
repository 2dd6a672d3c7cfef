#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "query/engines/duckdb/lake_transaction.h"
#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// What a session has done since BEGIN. Every table that it touched has one snapshot, and one table
/// may be changed: its statements see what they did before, others see nothing until Commit. Lives
/// in the session, not in the engine, because each statement may run on another instance. When it
/// goes without Commit, its files are deleted. The change data feed of its commit is the difference
/// between the table before and after: where a statement changed rows of an earlier one, the rows
/// that are gone are deleted ones and those that are new are inserted ones. Thread-safe.
class OpenTransaction {
 public:
  explicit OpenTransaction(bool read_only) : read_only_(read_only) {}
  ~OpenTransaction() { Rollback(); }
  OpenTransaction(const OpenTransaction&) = delete;
  OpenTransaction& operator=(const OpenTransaction&) = delete;

  /// `table` as the next statement sees it; the same object until Take.
  storage::SnapshotPtr View(storage::Table& table);
  /// Is `seen` the view of `table`, and not what time travel gave?
  bool Sees(const storage::Table& table, const storage::SnapshotPtr& seen) const;
  /// What a statement reads of the view of the table at `place`; it may still grow.
  void AddReads(const std::string& place, std::shared_ptr<const StatementReads> reads);
  /// Unsupported LK-4085 when another table was changed, LK-4086 when the transaction only reads.
  void RequireWritable(const storage::Table& table) const;
  /// Takes over what a statement called `operation` wrote; it was planned on View.
  void Take(PendingWrite write, const std::string& operation);

  /// Of the commit, in the place of the session's.
  void SetIsolation(std::optional<storage::IsolationLevel> level);
  std::optional<storage::IsolationLevel> isolation() const;

  /// A statement failed while it ran: everything but ROLLBACK is refused from now on.
  void Fail();
  bool failed() const;

  /// One commit of everything; nothing when nothing was changed. CommitConflict LK-4013 when a
  /// commit came between, and the other errors of a write; Rollback then deletes the files, unless
  /// it is unknown whether they are in the table. After it, deletes those that no version needs.
  void Commit(dk::ClientContext& context);
  /// Deletes the files that were written and are not in the table.
  void Rollback() noexcept;

 private:
  size_t BaseFiles() const;
  storage::SnapshotPtr MakeView() const;
  std::string Operation() const;
  void RewriteOwnFiles(dk::ClientContext& context);
  /// Writes the rows of a view in `files` anew.
  void CopyOwnRows(dk::ClientContext& context, const storage::SnapshotPtr& view,
                   std::vector<size_t> files);
  void FeedOwnRowsAnew();

  const bool read_only_;
  mutable std::mutex mutex_;
  bool failed_ = false;
  std::optional<storage::IsolationLevel> isolation_;
  std::map<std::string, storage::SnapshotPtr> pinned_;  ///< by the table's place
  std::multimap<std::string, std::shared_ptr<const StatementReads>> reads_;  ///< by the same
  PendingWrite write_;        ///< `deleted` are rows of the base; without table: nothing yet
  DeletedRows own_deleted_;   ///< by index in write_.files
  bool changed_own_ = false;  ///< a statement changed rows that an earlier one had written
  std::vector<std::string> operations_;
  storage::SnapshotPtr view_;            ///< of the changed table; null: to be made
  std::vector<std::string> superseded_;  ///< own files that the commit does not have
  /// Of files that a later statement of the transaction replaced.
  std::vector<std::unique_ptr<storage::parquet::DataFileWriter>> dropped_;
};

}  // namespace lakehouse::query::duckdb
