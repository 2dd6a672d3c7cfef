#pragma once

#include <string>

namespace lakehouse::query::duckdb {

/// A new folder below `parent` for the temporary files of one engine instance: two instances, of
/// one process or of several, must not share one. It is locked as long as the object lives and goes
/// with it. Without `parent` there is none.
class SpillDirectory {
 public:
  /// Also removes the folders that killed processes left. IoError LK-8007.
  explicit SpillDirectory(const std::string& parent);
  ~SpillDirectory();
  SpillDirectory(const SpillDirectory&) = delete;
  SpillDirectory& operator=(const SpillDirectory&) = delete;

  /// Empty when there is none.
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int lock_ = -1;
};

}  // namespace lakehouse::query::duckdb
