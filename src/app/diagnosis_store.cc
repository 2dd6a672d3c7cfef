#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <future>
#include <map>

#include "app/diagnosis_checks.h"
#include "app/open_stores.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/readable.h"
#include "io/local_store.h"

namespace lakehouse::app {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

constexpr int kSyncs = 15;
constexpr double kSuspiciousSyncMs = 0.02;  // no disk is so fast: nothing was written to one
constexpr double kSlowSyncMs = 50;
constexpr int kRaces = 10;
constexpr size_t kMaxFilesLookedAt = 500'000;
constexpr auto kLeftBehindAfter = std::chrono::hours(1);

/// Magic numbers of statfs(2) of file systems that are not disks of this machine.
const std::map<uint32_t, const char*> kNetworkFileSystems = {
    {0x6969, "NFS"},      {0xFF534D42, "CIFS"},   {0xFE534D42, "SMB"}, {0x517B, "SMB"},
    {0x00C36400, "Ceph"}, {0x0BD00BD0, "Lustre"}, {0x65735546, "FUSE"}};
const std::map<uint32_t, const char*> kMemoryFileSystems = {{0x01021994, "tmpfs"},
                                                            {0x858458F6, "ramfs"}};

std::string ProbeName() { return ".lakehouse-doctor-" + Uuid::V4(SystemRandom()).ToString(); }

/// Milliseconds of a write of 4 KB with fsync.
double SyncMs(int file) {
  const std::string page(4096, 'x');
  const auto begin = Steady::now();
  if (pwrite(file, page.data(), page.size(), 0) < 0 || fsync(file) != 0) {
    throw Error(ErrorKind::kIoError, "LK-8007", std::string("cannot fsync: ") + strerror(errno),
                "Look at the kernel's log: the disk may be failing.");
  }
  return std::chrono::duration<double, std::milli>(Steady::now() - begin).count();
}

/// Two writers of one path at once; returns how many were told that theirs is there.
int Race(io::ObjectStore& store, const std::string& path) {
  auto other = std::async(std::launch::async, [&] { return store.WriteIfAbsent(path, "right"); });
  const io::PutResult left = store.WriteIfAbsent(path, "left!");
  const io::PutResult right = other.get();
  const int won = (left == io::PutResult::kWritten) + (right == io::PutResult::kWritten);
  const std::string expected = left == io::PutResult::kWritten ? "left!" : "right";
  const bool kept = store.Read(path) == expected;
  store.Delete(path);
  return kept ? won : 0;
}

}  // namespace

Findings CheckFileSystem(const Config& config) {
  const fs::path root = LocalPlace(config);
  struct statfs status{};
  if (statfs(root.c_str(), &status) != 0) {
    return {{"", Health::kProblem, "cannot look at " + root.string() + ": " + strerror(errno), ""}};
  }
  const auto type = static_cast<uint32_t>(status.f_type);
  if (const auto found = kNetworkFileSystems.find(type); found != kNetworkFileSystems.end()) {
    return {{"", Health::kWarning, root.string() + " is on " + found->second,
             "Put the metadata store (catalog.metadata_store) on a local disk: SQLite's locks do "
             "not hold on network file systems."}};
  }
  if (const auto found = kMemoryFileSystems.find(type); found != kMemoryFileSystems.end()) {
    return {{"", Health::kWarning, root.string() + " is on " + found->second,
             "It is memory: the tables are gone after a restart of the machine."}};
  }
  if (access(root.c_str(), W_OK) != 0) {
    return {{"", Health::kProblem, "this user may not write " + root.string(),
             "Correct its owner, or run as the user that made it."}};
  }
  return {{"", Health::kOk, root.string() + " is on a disk of this machine", ""}};
}

Findings CheckSyncSpeed(const Config& config) {
  const fs::path file = StateDirectory(config) / ProbeName();
  const int fd = open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) {
    return {{"", Health::kProblem, "cannot write " + file.string() + ": " + strerror(errno),
             "Make room, or correct the rights of the folder."}};
  }
  unlink(file.c_str());  // gone with the descriptor, whatever happens
  std::vector<double> times;
  try {
    for (int i = 0; i < kSyncs; ++i) times.push_back(SyncMs(fd));
  } catch (...) {
    close(fd);
    throw;
  }
  close(fd);
  std::nth_element(times.begin(), times.begin() + kSyncs / 2, times.end());
  const double median_ms = times[kSyncs / 2];
  char text[64];
  std::snprintf(text, sizeof(text), "%.2f ms for a durable write of 4 kB", median_ms);
  if (median_ms < kSuspiciousSyncMs) {
    return {
        {"", Health::kWarning, text,
         "Nothing is written to a disk so fast: what is committed may be lost with the power."}};
  }
  if (median_ms > kSlowSyncMs) {
    return {{"", Health::kWarning, text, "Each commit takes some of them: use a faster disk."}};
  }
  return {{"", Health::kOk, text, ""}};
}

Findings CheckPutIfAbsent(const Config& config) {
  const auto store = OpenStores(config, StateDirectory(config))->data_root();
  for (int i = 0; i < kRaces; ++i) {
    const int won = Race(*store, ProbeName());
    if (won == 1) continue;
    return {
        {"", Health::kProblem,
         "of two writers of one file " + std::to_string(won) + " were told that theirs is there",
         "This store breaks commits: use ext4, xfs, btrfs, or a bucket with conditional puts."}};
  }
  return {{"", Health::kOk, std::to_string(kRaces) + " races of two writers, one winner each", ""}};
}

Findings CheckTemporaryFiles(const Config& config) {
  if (IsBucket(config)) return {{"", Health::kOk, "a bucket has none", ""}};
  const auto now = fs::file_time_type::clock::now();
  size_t looked_at = 0;
  size_t left_behind = 0;
  int64_t bytes = 0;
  std::error_code failure;
  fs::recursive_directory_iterator files(LocalPlace(config),
                                         fs::directory_options::skip_permission_denied, failure);
  for (; !failure && files != fs::recursive_directory_iterator() && looked_at < kMaxFilesLookedAt;
       files.increment(failure), ++looked_at) {
    if (!files->path().filename().string().starts_with(io::kTemporaryPrefix)) continue;
    std::error_code gone;  // it may be given its name meanwhile
    const auto written = fs::last_write_time(files->path(), gone);
    if (gone || now - written < kLeftBehindAfter) continue;
    ++left_behind;
    bytes += static_cast<int64_t>(fs::file_size(files->path(), gone));
  }
  const std::string seen = looked_at < kMaxFilesLookedAt
                               ? "among " + std::to_string(looked_at) + " files"
                               : "among the first " + std::to_string(looked_at) + " files";
  if (left_behind == 0) return {{"", Health::kOk, "none left behind " + seen, ""}};
  return {
      {"", Health::kWarning,
       std::to_string(left_behind) + " of writers that died, " + ReadableBytes(bytes) + ", " + seen,
       "No table needs them: find " + LocalPlace(config).string() + " -name '" +
           std::string(io::kTemporaryPrefix) + "*' -mmin +60 -delete"}};
}

}  // namespace lakehouse::app
