#pragma once

#include <memory>
#include <string>

namespace lakehouse::ingestion {

/// Lets one runner at a time run a job, among all processes of a lakehouse on this machine, and
/// carries the wish to stop to the one that runs it. The lock is the kernel's: it ends with its
/// process, however that ends. Thread-safe.
class JobLock {
 public:
  /// The lock, or null while another runner holds it. An empty `directory` locks nothing. IoError
  /// LK-8007 when the directory cannot be written.
  static std::unique_ptr<JobLock> TryTake(const std::string& directory, const std::string& job_id);
  /// Asks whoever holds the lock to stop.
  static void RequestStop(const std::string& directory, const std::string& job_id);

  /// Frees it, and forgets a wish to stop.
  ~JobLock();
  JobLock(const JobLock&) = delete;
  JobLock& operator=(const JobLock&) = delete;

  /// Has somebody asked for the end of this run?
  bool stop_requested() const;
  /// The job is no more: its files are deleted.
  void Forget();

 private:
  JobLock(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  const int fd_;            ///< -1 without a directory
  const std::string path_;  ///< without its ending
};

}  // namespace lakehouse::ingestion
