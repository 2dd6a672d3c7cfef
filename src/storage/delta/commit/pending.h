#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/delta/commit/moved_rows.h"
#include "storage/delta/snapshot/delta_snapshot.h"
#include "storage/table.h"

namespace lakehouse::storage::delta {

/// What happens to a file that is in the table.
struct FileChange {
  AddFilePtr file;  ///< as it is in the version that the commit is placed after
  /// The rows that are taken away, beside those of the file's own vector; empty: the whole file.
  RowSet rows;
  /// All deleted rows, as written to a file; null for a whole file, or when not written yet.
  DeletionVectorPtr vector = nullptr;
};

/// Rows of a new file that commits since our base have deleted where they were before.
struct LostRows {
  RowSet rows;
  bool all = false;                    ///< none is left: the file is not added
  DeletionVectorPtr vector = nullptr;  ///< null when it is not written yet
};

/// A file that is taken over as it is in another version or table.
struct TakenFile {
  AddFilePtr file;
  RowSet rows;  ///< deleted ones whose vector is yet to be written; else `file` has it
};

/// What a transaction has read and wants to write.
struct Pending {
  struct Read {
    Transaction::MayMatch may_match;
    bool only_to_choose = false;
  };

  std::shared_ptr<const DeltaSnapshot> base;

  bool read_all = false;
  std::vector<Read> reads;
  std::optional<IsolationLevel> isolation;  ///< as set; else by the table
  bool read_rows_moved = false;             ///< rows that were read are in other files since
  bool rearranged = false;
  bool replaces_all = false;    ///< RemoveAllFiles was called
  bool guards_history = false;  ///< checkpoints before this commit stay (checkpointProtection)
  RowRules kept;                ///< rules for rows that the writer of the files has kept

  std::optional<Protocol> protocol;
  std::optional<TableMetadata> metadata;
  std::vector<AddFilePtr> adds;  ///< files that the table did not have
  std::vector<TakenFile> taken;
  std::map<std::string, FileChange, std::less<>> changes;  ///< by KeyOf(path)
  std::vector<MovedRows> moves;                            ///< of new files, where their rows were
  std::map<std::string, LostRows, std::less<>> lost;       ///< of new files, by KeyOf(path)
  std::vector<ChangeFile> change_files;
  std::vector<SetTransaction> transactions;
  std::vector<SetDomain> domains;

  const Protocol& NewProtocol() const { return protocol ? *protocol : base->protocol(); }
  const TableMetadata& NewMetadata() const { return metadata ? *metadata : base->metadata(); }
  bool reads_rows() const { return read_all || !reads.empty(); }
  /// Does the commit change which rows there are?
  bool changes_rows() const {
    return !rearranged && (!adds.empty() || !taken.empty() || !changes.empty());
  }
  /// Do new files hold rows that were in the table before?
  bool copies_rows() const {
    return !adds.empty() && (rearranged || (!changes.empty() && !replaces_all));
  }
  /// Must files that have no row ids get some?
  bool tracks_rows_anew() const;
  /// Do rows cease to be tracked? Then no file has row ids any more.
  bool drops_row_ids() const;
  /// Does metadata change, other than identity columns' marks?
  bool changes_metadata() const;
  /// Only adds files, and has read nothing for it.
  bool blind_append() const;
  IsolationLevel Level() const;
};

/// The version that a commit is placed after, as far as commits depend on it.
struct Ground {
  int64_t version = -1;  ///< -1: there is no table yet
  int64_t timestamp_ms = 0;
  Protocol protocol;
  TableMetadata metadata;
  int64_t row_id_mark = -1;  ///< the highest row id that was given
};

Ground GroundOf(const DeltaSnapshot& snapshot);

/// Do the two differ in nothing but delta.identity.highWaterMark of columns?
bool DiffersInIdentityMarks(const TableMetadata& a, const TableMetadata& b);

/// The commit that comes after `ground`: removes and adds of the changes, row ids, the in-commit
/// timestamp. `info` is what commitInfo says beside. InvalidArgument LK-3022 for a file that must
/// have a record count and has none.
Actions Assemble(const Pending& ours, const Ground& ground, HistoryEntry info, int64_t now_ms);

}  // namespace lakehouse::storage::delta
