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
/// goes without Commit, its files are deleted. Thread-safe.
class OpenTransaction {
 public:
  explicit OpenTransaction(bool read_only) : read_only_(read_only) {}
  ~OpenTransaction() { Rollback(); }
  OpenTransaction(const OpenTransaction&) = delete;
  OpenTransaction& operator=(const OpenTransaction&) = delete;

  /// `table` as the next statement sees it; the same object until Take.
  storage::SnapshotPtr View(storage::Table& table);
  /// Rows of `table` are read. What time travel gave (`seen` is not the view) does not count.
  void MarkRead(const storage::Table& table, const storage::SnapshotPtr& seen);
  /// Unsupported LK-4085 when another table was changed, LK-4086 when the transaction only reads,
  /// LK-4090 when the table keeps change data and was changed already, unless both only add rows.
  void RequireWritable(const storage::Table& table, bool adds_only) const;
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

  const bool read_only_;
  mutable std::mutex mutex_;
  bool failed_ = false;
  std::optional<storage::IsolationLevel> isolation_;
  std::map<std::string, storage::SnapshotPtr> pinned_;  ///< by the table's place
  std::set<std::string> read_;                          ///< places of the tables that were read
  PendingWrite write_;       ///< `deleted` are rows of the base; without table: nothing yet
  DeletedRows own_deleted_;  ///< by index in write_.files
  std::vector<std::string> operations_;
  storage::SnapshotPtr view_;            ///< of the changed table; null: to be made
  std::vector<std::string> superseded_;  ///< own files whose rows are in others now
  /// Of files that a later statement of the transaction replaced.
  std::vector<std::unique_ptr<storage::parquet::DataFileWriter>> dropped_;
};

}  // namespace lakehouse::query::duckdb
