#include "ingestion/connectors/files/file_roots.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"

namespace lakehouse::ingestion::connectors::files {

namespace {

namespace fs = std::filesystem;

bool IsBelow(const fs::path& path, const std::string& root) {
  std::error_code ignored;
  const fs::path real = fs::weakly_canonical(root, ignored);
  const auto [rest, unused] = std::mismatch(real.begin(), real.end(), path.begin(), path.end());
  return rest == real.end() || (std::next(rest) == real.end() && rest->empty());
}

}  // namespace

std::string FileRoots::RealPath(const std::string& path, const std::string& setting) const {
  std::error_code problem;
  const fs::path real = fs::canonical(path, problem);
  if (problem) {
    throw Error(ErrorKind::kIoError, "LK-5036", "cannot read " + path + ": " + problem.message(),
                "Check that the file exists and that this user may read it.");
  }
  const auto below = [&](const std::string& root) { return IsBelow(real, root); };
  if (std::none_of(open_.begin(), open_.end(), below) ||
      std::any_of(closed_.begin(), closed_.end(), below)) {
    throw Error(ErrorKind::kPermissionDenied, "LK-5025", "jobs may not read " + path,
                "The setting " + setting +
                    " names the directories that they may read; the lakehouse's own state is "
                    "never one.");
  }
  return real.string();
}

}  // namespace lakehouse::ingestion::connectors::files
