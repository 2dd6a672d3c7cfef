#pragma once

#include <string>
#include <vector>

namespace lakehouse::ingestion::connectors::files {

/// The directories that jobs may read. Immutable.
class FileRoots {
 public:
  /// Everything.
  FileRoots() : open_({"/"}) {}
  /// What lies below one of `open` and below none of `closed` (absolute directories).
  FileRoots(std::vector<std::string> open, std::vector<std::string> closed)
      : open_(std::move(open)), closed_(std::move(closed)) {}

  /// Where `path` really lies, with every link followed. PermissionDenied LK-5025 when that is
  /// outside (`setting` is the one that the hint names), IoError LK-5036 when nothing is there.
  std::string RealPath(const std::string& path, const std::string& setting) const;

 private:
  std::vector<std::string> open_;
  std::vector<std::string> closed_;
};

}  // namespace lakehouse::ingestion::connectors::files
