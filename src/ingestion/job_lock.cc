#include "ingestion/job_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/error.h"

namespace lakehouse::ingestion {

namespace {

constexpr mode_t kOwnerOnly = 0600;

std::string PathOf(const std::string& directory, const std::string& job_id) {
  return (std::filesystem::path(directory) / job_id).string();
}

std::string LockOf(const std::string& path) { return path + ".lock"; }
std::string StopOf(const std::string& path) { return path + ".stop"; }

int OpenOrThrow(const std::string& file) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(file).parent_path(), ignored);
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly);
  if (fd >= 0) return fd;
  throw Error(ErrorKind::kIoError, "LK-8007", "cannot write " + file + ": " + std::strerror(errno),
              "Check the rights of the data root and the free space.");
}

}  // namespace

std::unique_ptr<JobLock> JobLock::TryTake(const std::string& directory, const std::string& job_id) {
  if (directory.empty()) return std::unique_ptr<JobLock>(new JobLock(-1, ""));
  const std::string path = PathOf(directory, job_id);
  const int fd = OpenOrThrow(LockOf(path));
  struct stat status = {};
  // A file without a name is of a job that was removed meanwhile.
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 || fstat(fd, &status) != 0 || status.st_nlink == 0) {
    close(fd);
    return nullptr;
  }
  unlink(StopOf(path).c_str());
  return std::unique_ptr<JobLock>(new JobLock(fd, path));
}

void JobLock::RequestStop(const std::string& directory, const std::string& job_id) {
  close(OpenOrThrow(StopOf(PathOf(directory, job_id))));
}

JobLock::~JobLock() {
  if (fd_ < 0) return;
  unlink(StopOf(path_).c_str());
  close(fd_);
}

bool JobLock::stop_requested() const {
  return fd_ >= 0 && access(StopOf(path_).c_str(), F_OK) == 0;
}

void JobLock::Forget() {
  if (fd_ >= 0) unlink(LockOf(path_).c_str());
}

}  // namespace lakehouse::ingestion
