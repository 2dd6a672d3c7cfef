#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "query/engines/duckdb/identity.h"
#include "query/engines/duckdb/pch.h"
#include "query/engines/duckdb/read_predicate.h"
#include "query/engines/duckdb/schema_evolution.h"
#include "storage/parquet/data_file_writer.h"
#include "storage/row_set.h"

namespace lakehouse::query::duckdb {

/// Rows to take away, by index of their file in a snapshot.
using DeletedRows = std::map<size_t, storage::RowSet>;

/// What one statement read of one table.
struct StatementReads {
  std::vector<std::shared_ptr<ScanRead>> scans;
  /// They chose the rows to change, each by itself, and did nothing else.
  bool only_to_choose = false;
};

/// Files that a statement wrote, waiting for its commit. With `create` set they become version 0 of
/// a new table, else they are appended to `table`; with `replacement` set they take the place of
/// all its rows, and the replacement that of its columns and properties. `deleted` are rows of
/// `base` that go.
struct PendingWrite {
  std::shared_ptr<storage::Table> table;
  storage::SnapshotPtr base;
  std::optional<catalog::CreateTableRequest> create;
  std::optional<storage::TableMetadata> replacement;
  std::map<std::string, std::string> domains;  ///< that come with `replacement`
  std::vector<storage::NewFile> files;
  std::vector<std::unique_ptr<storage::parquet::DataFileWriter>> writers;  ///< for Discard
  int64_t rows = 0;
  int64_t updated_rows = 0;  ///< those of `rows` that take the place of rows of `deleted`
  bool overwrite = false;    ///< `files` take the place of all rows, and columns stay
  DeletedRows deleted;
  int64_t repeated = 0;            ///< how often a row of `deleted` was named once more
  DeletedRows updated;             ///< those of `deleted` that have new values in `files`
  DeletedRows fed;                 ///< those of `updated` that are in the change files as they were
  bool updates = false;            ///< there are such, so none may go twice
  bool inserts_unmatched = false;  ///< that a row was not there decided about others
  std::set<std::string> unfed;     ///< paths of those of `files` that are in no change file
  std::vector<storage::NewFile>
      change_files;                      ///< of the change data feed; `writers` has theirs too
  std::map<std::string, int64_t> marks;  ///< new high water marks of identity columns
  std::vector<std::shared_ptr<const StatementReads>>
      reads;  ///< of `table`; none: any row, if `read`
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  bool read = false;  ///< rows of the table decided what was written
  /// An INSERT wrote it that takes the place of the rows for which this holds (as it was written;
  /// empty: of partitions).
  std::optional<std::string> replaces;
  std::vector<std::string> statements;  ///< operations of a transaction of several

  bool HasChanges() const {
    return !files.empty() || !deleted.empty() || create || replacement || overwrite;
  }
};

class OpenTransaction;

/// Commits one write, called `operation` in the history. Throws CommitConflict LK-4013,
/// CommitStateUnknown LK-4014 and the errors of the table; the files stay for the caller to delete,
/// unless the state is unknown.
void CommitWrite(dk::ClientContext& context, PendingWrite& write, const std::string& operation);

/// One statement's view: each table has one snapshot, taken at first touch, and its catalog entries
/// live as long as the statement. Writes become visible at its commit, or at that of the session's
/// open transaction.
class LakeTransaction : public dk::Transaction {
 public:
  LakeTransaction(dk::TransactionManager& manager, dk::ClientContext& context);

  static LakeTransaction& Get(dk::ClientContext& context, dk::Catalog& catalog) {
    return dk::Transaction::Get(context, catalog).Cast<LakeTransaction>();
  }

  /// The snapshot of `table` that this statement sees.
  storage::SnapshotPtr Pin(storage::Table& table);
  /// The entry kept under `key`, or null.
  dk::optional_ptr<dk::CatalogEntry> Kept(const std::string& key);
  dk::CatalogEntry& Keep(const std::string& key, dk::unique_ptr<dk::CatalogEntry> entry);
  /// Of the tables that the statement writes.
  Identities& identities() { return identities_; }
  /// Several writes to one table become one commit.
  void AddWrite(PendingWrite write);
  /// How often the statement took away a row that it had taken away before.
  int64_t Repeated() const;
  /// A scan of `table`, as it is in `seen`, belongs to the statement.
  void AddRead(const storage::Table& table, const storage::SnapshotPtr& seen,
               std::shared_ptr<ScanRead> read);
  /// What the statement is called in the history of the table: one that changes the rows which it
  /// finds in it.
  void Name(std::string operation);
  /// Commits every write, or hands them to the open transaction; throws Error. Discards the files
  /// of what did not get in.
  void CommitWrites(dk::ClientContext& context);
  void DiscardWrites();

 private:
  /// Says what the statement read of the table of `write`.
  void TakeReads(PendingWrite& write);

  const std::shared_ptr<OpenTransaction> open_;  ///< null: the statement is its own transaction
  std::optional<SchemaEvolution> evolution_;     ///< of the statement
  Identities identities_;
  mutable std::mutex mutex_;
  std::map<std::string, storage::SnapshotPtr> pinned_;
  std::map<std::string, std::shared_ptr<StatementReads>> reads_;  ///< by the table's place
  std::map<std::string, dk::unique_ptr<dk::CatalogEntry>> entries_;
  std::vector<PendingWrite> writes_;
  std::string operation_ = "WRITE";
  bool changes_found_ = false;           ///< rows that it found
  std::optional<std::string> replaces_;  ///< as in PendingWrite
};

dk::unique_ptr<dk::TransactionManager> MakeLakeTransactionManager(dk::AttachedDatabase& database);

}  // namespace lakehouse::query::duckdb
