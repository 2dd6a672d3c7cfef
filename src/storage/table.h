#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/stores.h"
#include "storage/row_rules.h"
#include "storage/snapshot.h"

namespace lakehouse {
class Clock;
class Random;
}  // namespace lakehouse

namespace lakehouse::storage {

/// What the parts of the storage engine get from outside (no hidden world).
struct StorageContext {
  Clock* clock = nullptr;
  Random* random = nullptr;
  io::Stores* stores = nullptr;  ///< for files outside of a table; null: there are none
  /// Of timestamps in partition values that do not say theirs: the writers' zone.
  std::string partition_time_zone = "UTC";
  /// Blind appends of this process that wait for the same version of a table share one commit.
  bool group_commits = false;
};

/// A data file that was written and is not yet in the table. Columns have their names in the
/// schema, also where data files have others.
struct NewFile {
  std::string path;  ///< relative to the table's root, not encoded
  int64_t size_bytes = 0;
  int64_t modified_ms = 0;
  std::vector<Value> partition_values;  ///< in the order of the partition columns
  FileStats stats;
  std::map<std::string, std::string> tags;
  std::string clustering_provider;
  /// Of a file that is taken over with its row ids; others get theirs at the commit.
  std::optional<int64_t> base_row_id;
  std::optional<int64_t> default_row_commit_version;
};

/// What goes into commitInfo beside the rows.
struct CommitDescription {
  std::string operation =
      "WRITE";  ///< Spark's names: WRITE, CREATE TABLE, CREATE TABLE AS SELECT, ...
  std::map<std::string, std::string>
      parameters;                          ///< values are JSON texts, e.g. mode -> "\"Append\""
  std::map<std::string, int64_t> metrics;  ///< numFiles, numOutputRows, numOutputBytes, ...
  std::string user_name;
  std::string user_metadata;
};

enum class CommitOutcome {
  kCommitted,
  kConflict,  ///< another commit won and ours cannot be placed after it; nothing of ours is visible
  kUnknown,  ///< the store did not tell and could not be asked; never write again, never delete the
             ///< files
};

/// What a commit may miss of those that others made since its snapshot.
enum class IsolationLevel {
  kSerializable,       ///< nothing
  kWriteSerializable,  ///< rows that blind appends brought: the commit is placed before them
  kSnapshot,           ///< rows that were added; only changes of the same rows or files conflict
};

struct CommitResult {
  CommitOutcome outcome = CommitOutcome::kCommitted;
  int64_t version = -1;  ///< when committed
  int attempts = 1;
  std::string reason;  ///< of a conflict or an unknown outcome, with the winner's version
};

/// Collects the changes of one commit and is the only thing that writes a log. Not thread-safe. The
/// snapshot it began with stays its view; a transaction that only adds files (a blind append) is
/// placed after every other commit that leaves schema and protocol alone, others are checked for
/// conflicts (docs/format/delta.md, "Commits at the same time").
class Transaction {
 public:
  virtual ~Transaction() = default;

  virtual const SnapshotPtr& base() const = 0;
  virtual void AddFile(NewFile file) = 0;
  /// Writes the file `index` of `from`, which may be another version or table, as it is, with its
  /// deleted rows, tags and row ids. `path` is relative to this table's root, or absolute (RESTORE,
  /// CLONE).
  virtual void AddExisting(const Snapshot& from, size_t index, const std::string& path) = 0;
  /// A file with changed rows, for readers of changes alone; partition values as in AddFile.
  virtual void AddChangeFile(NewFile file) = 0;
  /// By index in base().
  virtual void RemoveFile(size_t index) = 0;
  /// Replaces every file of base() (overwrite). Counts as having read the whole table.
  virtual void RemoveAllFiles() = 0;
  /// Takes rows of file `index` of base() away and leaves the file; may be called again for others.
  /// When no row is left the file is removed. Rows that are deleted already, or that the file does
  /// not have, are InvalidArgument LK-3022. Unsupported LK-3020 unless
  /// AllowsDeletionVectors(*base()), and for a file without a record count: such a file is
  /// replaced instead.
  virtual void DeleteRows(size_t index, RowSet rows) = 0;

  /// Rows of base() were read to make this change: any of the table.
  virtual void MarkRead() = 0;
  /// Only rows of files for which `may_match` says yes were read. `files` is base(), or a snapshot
  /// of the files that another commit added. With `only_to_choose` they were read only to choose,
  /// each by itself, which rows this commit deletes or replaces (DELETE, UPDATE, MERGE): others
  /// that somebody deletes meanwhile then make no difference.
  using MayMatch = std::function<bool(const Snapshot& files, size_t index)>;
  virtual void MarkRead(MayMatch may_match, bool only_to_choose = false) = 0;
  /// Rows only move between files (OPTIMIZE): readers of changes see nothing of it.
  virtual void MarkRearranged() = 0;
  /// Of a commit that rearranges: the live rows of `sources`, files of base(), one file behind the
  /// other and each in its order, are the rows of the new files `targets`, which were added and
  /// have record counts. With this deletion vectors that others put on the sources, before or after
  /// this commit, follow the rows; without it they conflict with it.
  virtual void MarkMoved(const std::vector<size_t>& sources,
                         const std::vector<std::string>& targets) = 0;
  /// Instead of the table's own level (delta.isolationLevel, else kWriteSerializable). A commit
  /// that changes no rows has kSnapshot.
  virtual void SetIsolation(IsolationLevel level) = 0;
  /// Says which rules for rows whoever wrote the files has kept. A commit that would break one of
  /// the others is Unsupported LK-3020, see CheckRowRules.
  virtual void KeepRules(const RowRules& kept) = 0;

  /// Adds the features that the new properties and columns need to the table's protocol. Properties
  /// `delta.feature.<name>` = "supported", `delta.minReaderVersion` and `delta.minWriterVersion`
  /// ask for more and are not stored.
  virtual void SetMetadata(TableMetadata metadata) = 0;
  /// Takes a feature that nothing uses any more out of the table's protocol, after SetMetadata.
  /// With `guard_history` the checkpoints of older versions are kept for who does not know the
  /// feature (feature checkpointProtection). The caller has looked at what the feature's drop
  /// needs.
  virtual void DropFeature(const std::string& feature, bool guard_history) = 0;
  /// Progress of application `app_id`. When base() already has this version or a later one, Commit
  /// answers kCommitted with base()'s version and writes nothing: the batch was there.
  virtual void SetAppTransaction(const std::string& app_id, int64_t version) = 0;
  /// State of a domain as text; needs the writer feature domainMetadata, which is added to tables
  /// that this engine created, and refused with Unsupported LK-3020 on others.
  /// Of the protocol's own domains only delta.clustering may be set, which adds its feature.
  virtual void SetDomain(const std::string& domain, const std::string& configuration) = 0;
  /// Nothing happens when it is not there.
  virtual void RemoveDomain(const std::string& domain) = 0;

  /// Throws when the change itself is wrong (schema, duplicates); outcomes of the race are values.
  virtual CommitResult Commit(const CommitDescription& description) = 0;
};

struct HistoryEntry {
  int64_t version = 0;
  int64_t timestamp_ms = 0;
  std::string operation;
  std::map<std::string, std::string> parameters;
  std::map<std::string, std::string> metrics;
  std::string user_name;
  std::string engine_info;
  std::string transaction_id;
  std::string user_metadata;
  bool is_blind_append = false;
  std::string isolation_level;          ///< Spark's names: Serializable, ...
  std::optional<int64_t> read_version;  ///< of the snapshot that the commit began with
  std::map<std::string, std::string> tags;
};

/// What a table is at its latest version, without its files.
struct TableHead {
  int64_t version = 0;
  Protocol protocol;
  TableMetadata metadata;
};

/// One table at one place. Thread-safe; keeps the latest snapshot and refreshes it by what is new.
class Table {
 public:
  virtual ~Table() = default;

  virtual const io::Location& location() const = 0;
  virtual SnapshotPtr Latest() = 0;
  /// NotFound LK-3004 when the version is not there (any more); the hint names the range.
  virtual SnapshotPtr At(int64_t version) = 0;
  /// The latest version whose commit is not later than `unix_ms`; LK-3005 before the first one, and
  /// after the latest one.
  virtual SnapshotPtr AtTimestamp(int64_t unix_ms) = 0;
  /// The rows that versions `from` to `to` changed, with the columns `_change_type`,
  /// `_commit_version` and `_commit_timestamp` behind those of the table at version `to`. NotFound
  /// LK-3004, InvalidArgument LK-3010 when `from` is after `to`, Unsupported LK-3011 when the
  /// changes of a version were not kept.
  virtual SnapshotPtr Changes(int64_t from, int64_t to) = 0;
  /// Newest first.
  virtual std::vector<HistoryEntry> History(std::optional<size_t> limit = {}) = 0;
  virtual std::unique_ptr<Transaction> Begin(SnapshotPtr base) = 0;
  /// Writes a checkpoint of the latest version and returns that version.
  virtual int64_t Checkpoint() = 0;
};

/// What CREATE TABLE says.
struct CreateTableOptions {
  Schema schema;
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> properties;
  std::string name;
  std::string comment;
  std::map<std::string, std::string> domains;  ///< as of Transaction::SetDomain
};

/// May rows of the table's files be taken away by deletion vectors? (The feature is there and
/// delta.enableDeletionVectors is true.)
bool AllowsDeletionVectors(const Snapshot& table);

}  // namespace lakehouse::storage
