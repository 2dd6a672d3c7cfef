#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "catalog/lake.h"
#include "storage/parquet/data_file_writer.h"

namespace lakehouse::ingestion {

/// The table that a run writes: there, or planned. A planned table is made when its first rows are
/// committed, so a run that fails leaves nothing behind.
class Target {
 public:
  /// Needs kModify on an existing table; its schema is created when it is not there. `place` is
  /// where the table lies, empty: where the catalog puts it. InvalidArgument LK-5002 when a table
  /// of this name lies elsewhere.
  Target(catalog::Lake& lake, const security::Principal& principal, catalog::ObjectName name,
         std::string place = {});

  bool exists() const { return table_ != nullptr; }
  /// Columns for a table that is not there. Unsupported LK-3504 for types that tables do not have.
  void Plan(const arrow::Schema& schema);
  /// New columns for an existing table that is overwritten.
  void ReplaceSchema(const arrow::Schema& schema);
  /// Columns that an existing table lacks, behind its own.
  void AddColumns(const arrow::Schema& schema);

  /// The form that batches must have: that of the table, with the type arrow.json for variants from
  /// text files, and texts from databases. Those of Parquet files have the form of the table.
  std::shared_ptr<arrow::Schema> SchemaFor(const std::string& source_type) const;
  const storage::SnapshotPtr& snapshot() const { return snapshot_; }       ///< null when planned
  const std::shared_ptr<storage::Table>& table() const { return table_; }  ///< null when planned
  const io::Location& location() const { return location_; }
  const catalog::ObjectName& name() const { return name_; }

 private:
  friend class TargetWriter;
  void Create();

  catalog::Lake& lake_;
  security::Principal principal_;
  catalog::ObjectName name_;
  std::string place_;
  std::shared_ptr<storage::Table> table_;
  storage::SnapshotPtr snapshot_;
  storage::TableMetadata metadata_;
  io::Location location_;
  bool schema_changed_ = false;
};

/// What goes into the commit beside the rows.
struct TargetCommit {
  bool overwrite = false;
  std::optional<std::pair<std::string, int64_t>> app_transaction;
  std::map<std::string, std::string> domains;
  std::map<std::string, int64_t> operation_metrics;
};

/// Writes rows as data files of a target and commits them at once. Destroyed without Commit, it
/// leaves no file. CommitConflict LK-5040 when another writer won, CommitStateUnknown LK-5041 when
/// the store did not say. Not thread-safe.
class TargetWriter {
 public:
  explicit TargetWriter(Target& target);
  ~TargetWriter();

  void Write(const arrow::RecordBatch& batch);
  int64_t rows_written() const;
  /// Returns the version of the table that has the rows.
  int64_t Commit(const TargetCommit& commit);

 private:
  Target& target_;
  std::unique_ptr<storage::parquet::DataFileWriter> writer_;
};

}  // namespace lakehouse::ingestion
