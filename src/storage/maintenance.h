#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "storage/table.h"

/// Commands on whole tables, whatever the format of their log.
namespace lakehouse::storage {

/// Small requests go to the store by this many threads, for the time of one command.
inline constexpr size_t kStoreThreads = 8;

struct VacuumOptions {
  enum Mode {
    kFull,  ///< by listing the table's directory: everything that nothing refers to
    kLite,  ///< by the log alone: what commits have removed since the last VACUUM
  };
  Mode mode = kFull;
  /// How long files stay after the last version that has them; nothing: the table's own retention
  /// (delta.deletedFileRetentionDuration, a week).
  std::optional<int64_t> retain_ms;
  /// Allows `retain_ms` to be shorter than the table's own: only when nothing else reads or writes
  /// the table.
  bool allow_short_retention = false;
  bool dry_run = false;
  size_t threads = kStoreThreads;
  std::string user_name;
  CancellationToken token;
  /// Tables that may refer to files of this one (shallow clones): what their versions that are
  /// younger than either table's retention refer to stays.
  std::vector<std::shared_ptr<Table>> referrers;
};

struct VacuumReport {
  std::vector<std::string> paths;  ///< relative to the table's root, sorted: deleted, or would be
  int64_t size_bytes = 0;          ///< of them, as far as it is known
  int64_t directories = 0;         ///< in which they are
};

/// Deletes files below the table's root that no version younger than the retention refers to: data
/// files, deletion vectors, change data. Names that begin with '_' or '.' are left alone, but not
/// `_change_data` and folders of partition columns; so are tables inside of the table. Writes the
/// commits VACUUM START and VACUUM END. InvalidArgument LK-3045 for a retention that is too short,
/// LK-3046 when kLite finds that the log does not reach back far enough, Unsupported LK-3020 for a
/// table that this engine may not write, and the errors of the store: what was not deleted then is
/// found by the next VACUUM.
VacuumReport Vacuum(Table& table, const StorageContext& context, const VacuumOptions& options);

/// Counts of RESTORE, named as in Spark.
struct RestoreReport {
  int64_t version = 0;  ///< that was committed
  int64_t table_size_after_restore = 0;
  int64_t num_of_files_after_restore = 0;
  int64_t num_removed_files = 0;
  int64_t num_restored_files = 0;
  int64_t removed_files_size = 0;
  int64_t restored_files_size = 0;
};

/// Commits the difference between the latest version and `target`, a snapshot of the same table:
/// its files and its metadata, with dataChange = true. Protocol, progress of applications and
/// domains stay. `parameters` says what was asked for, for the history. NotFound LK-3047 when a
/// file that is needed is not there any more, CommitConflict LK-3048 when another commit came
/// first, CommitStateUnknown LK-3049.
RestoreReport Restore(Table& table, const Snapshot& target, const CommitDescription& description,
                      const StorageContext& context, size_t threads = kStoreThreads);

struct CloneOptions {
  bool deep = false;  ///< copies the files; else the clone refers to those of the source
  std::map<std::string, std::string> properties;  ///< on top of the source's
  CommitDescription description;                  ///< its operation is CLONE
  CancellationToken token;
};

/// Counts of CLONE, named as in Spark.
struct CloneReport {
  int64_t source_table_size = 0;
  int64_t source_num_of_files = 0;
  int64_t num_removed_files = 0;
  int64_t num_copied_files = 0;
  int64_t removed_files_size = 0;
  int64_t copied_files_size = 0;
};

/// A CLONE that is prepared: the target's files are there, and no log refers to them. Destroyed
/// without Commit, it deletes what it copied. Not thread-safe.
class CloneJob {
 public:
  virtual ~CloneJob() = default;
  /// What a target that is not there yet is to be created with, empty.
  virtual CreateTableOptions table() const = 0;
  /// Makes the target equal to the source in one commit. Once only. Errors of Restore.
  virtual CloneReport Commit(Table& target) = 0;
};

/// Compares `source`, a snapshot of the table at `source_location`, with the table at `target`, if
/// there is one, and copies the files that it lacks, so that a deep clone that is repeated copies
/// only what is new. NotFound LK-3047 when files of the source are not there, and the errors of the
/// store.
std::unique_ptr<CloneJob> PrepareClone(const SnapshotPtr& source,
                                       const io::Location& source_location,
                                       const io::Location& target, const CloneOptions& options,
                                       const StorageContext& context);

struct ConvertOptions {
  Schema partition_columns;  ///< of folders "name=value"; empty: the folders must not be such
  bool statistics = true;    ///< from the footers of the files
  CommitDescription description;
  CancellationToken token;
};

struct ConvertReport {
  int64_t num_converted_files = 0;
};

/// Writes the first version of a Delta log over the Parquet files below `location`; nothing of them
/// is changed. AlreadyExists LK-3006 when there is a log, NotFound LK-3050 when there is no Parquet
/// file, InvalidSchema LK-3051 when the files' schemas do not fit together, or their folders not
/// the partition columns.
ConvertReport ConvertToDelta(const io::Location& location, const ConvertOptions& options,
                             const StorageContext& context);

}  // namespace lakehouse::storage
