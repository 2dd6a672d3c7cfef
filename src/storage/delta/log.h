#pragma once

#include <cstdint>
#include <map>
#include <optional>
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

/// What a listing of `_delta_log` says.
struct LogListing {
  std::vector<CommitFile> commits;  ///< ascending by version
  /// Whole ones: version -> its file, or its parts.
  std::map<int64_t, std::vector<std::string>> checkpoints;
  bool has_v2_checkpoint = false;  ///< one with a UUID in its name
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
  std::string PathOf(const std::string& name) const;
  io::ObjectStore& store() const { return *table_.store; }
  const io::Location& table() const { return table_; }

  static std::string CommitName(int64_t version);
  static std::string CheckpointName(int64_t version);

 private:
  io::Location table_;
};

}  // namespace lakehouse::storage::delta
