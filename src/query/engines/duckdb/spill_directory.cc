#include "query/engines/duckdb/spill_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/error.h"

namespace lakehouse::query::duckdb {
namespace {

namespace fs = std::filesystem;

constexpr char kPrefix[] = "engine-";
constexpr char kLockFile[] = "in_use";

[[noreturn]] void ThrowFailure(const std::string& path, const std::string& why) {
  throw Error(ErrorKind::kIoError, "LK-8007",
              "cannot make a folder for spilling at " + path + ": " + why,
              "correct query.temp_directory, or the rights on it");
}

/// -1 when the folder has no lock file, or somebody holds it.
int TakeLock(const fs::path& folder, int flags) {
  const int file = open((folder / kLockFile).c_str(), O_RDWR | O_CLOEXEC | flags, 0600);
  if (file < 0) return -1;
  if (flock(file, LOCK_EX | LOCK_NB) == 0) return file;
  close(file);
  return -1;
}

void RemoveLeftovers(const fs::path& parent) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    if (!entry.path().filename().string().starts_with(kPrefix)) continue;
    const int lock = TakeLock(entry.path(), 0);
    if (lock < 0) continue;
    fs::remove_all(entry.path(), ignored);
    close(lock);
  }
}

}  // namespace

SpillDirectory::SpillDirectory(const std::string& parent) {
  if (parent.empty()) return;
  std::error_code failure;
  fs::create_directories(parent, failure);
  if (failure) ThrowFailure(parent, failure.message());
  RemoveLeftovers(parent);
  std::string made = (fs::path(parent) / (std::string(kPrefix) + "XXXXXX")).string();
  if (mkdtemp(made.data()) == nullptr) ThrowFailure(parent, std::strerror(errno));
  lock_ = TakeLock(made, O_CREAT);
  if (lock_ < 0) ThrowFailure(made, std::strerror(errno));
  path_ = std::move(made);
}

SpillDirectory::~SpillDirectory() {
  if (path_.empty()) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  close(lock_);
}

}  // namespace lakehouse::query::duckdb
