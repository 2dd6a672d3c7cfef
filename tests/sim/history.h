#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace lakehouse::sim {

/// The rows of a table for the model: of each data file how many it has and which are deleted.
struct ModelFile {
  int64_t rows = 0;
  std::set<uint64_t> deleted;
  friend bool operator==(const ModelFile&, const ModelFile&) = default;
};
using Model = std::map<std::string, ModelFile>;  ///< by path

/// What a client asked for and was told.
struct Operation {
  enum class Kind {
    kCreate,
    kAppend,
    kOverwrite,  ///< has read the whole table
    kRemove,
    kRewrite,    ///< of some files, from what it has read in the whole table
    kRearrange,  ///< moves the rows of some files
    kRestore,    ///< what an older version had
    kVacuum,     ///< has two entries of its own
    kDeleteRows,
    kConfigure,
    kRead,
  };
  enum class Outcome {
    kPending,    ///< the process died: nobody was told anything
    kCommitted,  ///< `version` is its entry; of a read, the version that was seen
    kConflict,   ///< nothing of it is in the log
    kFailed,     ///< an error that says that nothing was done
    kUnknown,    ///< an error that says that nobody knows
    kKnown,      ///< its application's transaction was there already: nothing was written
  };
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  std::string id;  ///< in its entry as userMetadata
  Kind kind = Kind::kRead;
  int process = 0;
  int64_t start = 0;     ///< step
  int64_t end = kNever;  ///< step, when somebody was told
  Outcome outcome = Outcome::kPending;
  int64_t version = -1;
  int64_t base = -1;                                  ///< version that it began with
  std::map<std::string, int64_t> adds;                ///< rows by path
  std::set<std::string> removes;                      ///< paths
  std::map<std::string, std::set<uint64_t>> deletes;  ///< rows by path
  std::vector<std::string> sources;  ///< whose rows are moved, one behind the other,
  std::vector<std::string> targets;  ///< to these files; both are above, too
  int64_t restored = -1;             ///< version
  std::string app;                   ///< with a transaction of this application
  int64_t app_version = 0;
  bool latest = true;         ///< of a read: it asked for no version
  bool old_list = false;      ///< of a read: the store gave an old listing meanwhile
  bool missed_files = false;  ///< of a read: files of `version` were not there
  int session = 0;            ///< of a read: those of one opened table never go back
  Model seen;                 ///< of a read
};

/// A commit as it lies in the log.
struct Entry {
  int64_t version = 0;
  std::string id;                       ///< userMetadata
  bool vacuum = false;                  ///< VACUUM START or VACUUM END
  int64_t read_version = -1;            ///< that it says that it began with
  int64_t written_ms = 0;               ///< when it came into the log
  std::map<std::string, int64_t> adds;  ///< rows by path
  /// Deleted rows that the vector of an added file says, by path.
  std::map<std::string, int64_t> cardinalities;
  std::map<std::string, int64_t> removes;  ///< time by path
  std::map<std::string, int64_t> row_ids;  ///< first one of an added file, by path
  std::map<std::string, int64_t> apps;
  std::optional<int64_t> timestamp_ms;  ///< where the table keeps it in the commit
};

/// Reads what the log says without the engine. Throws std::runtime_error for text that is no
/// commit.
Entry ParseEntry(int64_t version, const std::string& text);

/// What a history breaks, in words; nothing when all of it can have happened:
/// - versions are dense; what was committed is in the log once, at its version; what conflicted or
///   failed is not there; what nobody knows is there at most once;
/// - an operation that ended before another one began stands before it;
/// - every entry does what its operation asked for, to files and rows that are there: each row has
/// a
///   name of its own, which it keeps when it is moved to another file;
/// - a transaction that has read the table stands, since its base, behind nothing that it should
/// have
///   seen: blind appends may be there, and what became of their files;
/// - an application's transactions ascend, and so do the times of commits that have their own;
/// - no two files have a row id in common, and a file keeps its own;
/// - what was read is the replay of that version, which is not older than what was acknowledged
///   before, and does not go back.
/// `models` gets the state of every version.
std::vector<std::string> Check(const std::deque<Operation>& operations,
                               const std::vector<Entry>& entries, std::vector<Model>& models);

}  // namespace lakehouse::sim
