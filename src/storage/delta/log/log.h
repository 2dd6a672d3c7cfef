#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "io/stores.h"

namespace lakehouse::storage::delta {

/// One commit file that is there.
struct CommitFile {
  int64_t version = 0;
  int64_t modified_ms = 0;  ///< made to grow from version to version
  std::string etag;
};

/// A checkpoint whose parts are all there: one file, or several.
struct CheckpointFiles {
  int64_t version = 0;
  std::vector<std::string> names;
  int64_t modified_ms = 0;
};

/// A log compaction file: the commits `from` to `to`, reconciled.
struct CompactionFile {
  int64_t from = 0;
  int64_t to = 0;
  std::string name;
  int64_t modified_ms = 0;
};

/// What a listing of `_delta_log` says.
struct LogListing {
  std::vector<CommitFile> commits;           ///< ascending by version
  std::vector<CheckpointFiles> checkpoints;  ///< ascending by version; several may be of one
  std::vector<CompactionFile> compactions;   ///< ascending by `from`, then by `to`
  std::set<int64_t> checksums;               ///< versions that have a `.crc`

  /// The commit of `version`, or null.
  const CommitFile* CommitOf(int64_t version) const;
};

/// The directory `_delta_log` of one table.
class Log {
 public:
  explicit Log(io::Location table);

  /// Everything whose version is at least `from`.
  LogListing List(int64_t from = 0) const;
  /// The version that `_last_checkpoint` names, or nothing. A hint: it may be missing or wrong.
  std::optional<int64_t> LastCheckpointHint() const;
  std::string ReadCommit(int64_t version) const;
  /// Nothing when the commit is not there.
  std::optional<std::string> FindCommit(int64_t version) const;
  /// The text of the version checksum, or nothing when there is none.
  std::optional<std::string> FindChecksum(int64_t version) const;
  std::string PathOf(const std::string& name) const;
  io::ObjectStore& store() const { return *table_.store; }
  const io::Location& table() const { return table_; }

  /// The directory of sidecars, below that of the log.
  static constexpr char kSidecars[] = "_sidecars";

  static std::string CommitName(int64_t version);
  static std::string CheckpointName(int64_t version);
  static std::string V2CheckpointName(int64_t version, const std::string& uuid);
  static std::string CompactionName(int64_t from, int64_t to);
  static std::string ChecksumName(int64_t version);

 private:
  void AddOverlooked(int64_t from, LogListing& listing) const;
  std::optional<std::string> Find(const std::string& name) const;
  io::Location table_;
};

}  // namespace lakehouse::storage::delta
