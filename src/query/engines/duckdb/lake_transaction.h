#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "query/engines/duckdb/pch.h"
#include "storage/parquet/data_file_writer.h"
#include "storage/row_set.h"

namespace lakehouse::query::duckdb {

/// Rows to take away, by index of their file in a snapshot.
using DeletedRows = std::map<size_t, storage::RowSet>;

/// Files that a statement wrote, waiting for its commit. With `create` set they become version 0 of
/// a new table, else they are appended to `table`; with `replacement` set they take the place of
/// all its rows, and the replacement that of its columns and properties. `deleted` are rows of
/// `base` that go.
struct PendingWrite {
  std::shared_ptr<storage::Table> table;
  storage::SnapshotPtr base;
  std::optional<catalog::CreateTableRequest> create;
  std::optional<storage::TableMetadata> replacement;
  std::vector<storage::NewFile> files;
  std::vector<std::unique_ptr<storage::parquet::DataFileWriter>> writers;  ///< for Discard
  int64_t rows = 0;
  bool overwrite = false;  ///< `files` take the place of all rows, and columns stay
  DeletedRows deleted;
  bool updates = false;  ///< rows of `deleted` have new values in `files`, so none may go twice
};

/// One statement's view: each table has one snapshot, taken at first touch, and its catalog entries
/// live as long as the statement. Writes become visible at commit.
class LakeTransaction : public dk::Transaction {
 public:
  LakeTransaction(dk::TransactionManager& manager, dk::ClientContext& context)
      : Transaction(manager, context) {}

  static LakeTransaction& Get(dk::ClientContext& context, dk::Catalog& catalog) {
    return dk::Transaction::Get(context, catalog).Cast<LakeTransaction>();
  }

  /// The snapshot of `table` that this statement sees.
  storage::SnapshotPtr Pin(storage::Table& table);
  /// The entry kept under `key`, or null.
  dk::optional_ptr<dk::CatalogEntry> Kept(const std::string& key);
  dk::CatalogEntry& Keep(const std::string& key, dk::unique_ptr<dk::CatalogEntry> entry);
  /// Several writes to one table become one commit.
  void AddWrite(PendingWrite write);
  /// What the statement is called in the history of the table (DELETE, UPDATE, MERGE).
  void Name(std::string operation);
  /// Commits every write; throws Error. Discards the files of what did not get in.
  void CommitWrites(dk::ClientContext& context);
  void DiscardWrites();

 private:
  void CommitOne(dk::ClientContext& context, PendingWrite& write);

  std::mutex mutex_;
  std::map<std::string, storage::SnapshotPtr> pinned_;
  std::map<std::string, dk::unique_ptr<dk::CatalogEntry>> entries_;
  std::vector<PendingWrite> writes_;
  std::string operation_ = "WRITE";
};

dk::unique_ptr<dk::TransactionManager> MakeLakeTransactionManager(dk::AttachedDatabase& database);

}  // namespace lakehouse::query::duckdb
