#include <netdb.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>

#include "app/diagnosis_checks.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/machine.h"
#include "base/random.h"
#include "base/readable.h"

namespace lakehouse::app {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kLittleDisk = 10'000'000'000;  // bytes; a warning below, and below 5 %
constexpr int64_t kNoDisk = 1'000'000'000;
constexpr double kFewInodes = 0.05;
constexpr int64_t kLittleMemory = 1'000'000'000;
constexpr rlim_t kFewFiles = 1024;
constexpr int64_t kOldestNow = 1'767'225'600'000;  // 2026-01-01: this program is younger
constexpr int64_t kMaxSkewMs = 2'000;

/// The nearest directory above `path` that is there.
fs::path Existing(fs::path path) {
  while (!fs::exists(path) && path.has_parent_path() && path != path.root_path()) {
    path = path.parent_path();
  }
  return path;
}

/// The file system's clock against ours: it dates what we write.
int64_t FileClockSkewMs(const fs::path& directory) {
  const fs::path file = directory / (".lakehouse-doctor-" + Uuid::V4(SystemRandom()).ToString());
  std::ofstream(file) << "now";
  const auto written = fs::last_write_time(file);
  fs::remove(file);
  const auto system = std::chrono::file_clock::to_sys(written).time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(system).count() -
         SystemClock().NowMs();
}

struct AddressCloser {
  void operator()(addrinfo* addresses) const { freeaddrinfo(addresses); }
};

/// 0, or why nobody can listen there.
int TryToListen(const std::string& host, int64_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return EADDRNOTAVAIL;
  }
  const std::unique_ptr<addrinfo, AddressCloser> addresses(found);
  const int socket_fd =
      socket(addresses->ai_family, addresses->ai_socktype | SOCK_CLOEXEC, addresses->ai_protocol);
  if (socket_fd < 0) return errno;
  const int yes = 1;
  setsockopt(socket_fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  const bool free =
      bind(socket_fd, addresses->ai_addr, addresses->ai_addrlen) == 0 && listen(socket_fd, 1) == 0;
  const int code = free ? 0 : errno;
  close(socket_fd);
  return code;
}

}  // namespace

Findings CheckFreeDisk(const Config& config) {
  const fs::path place = Existing(LocalPlace(config));
  struct statvfs status{};
  if (statvfs(place.c_str(), &status) != 0) {
    return {{"", Health::kProblem, "cannot look at " + place.string() + ": " + strerror(errno),
             "Set storage.data_root to a directory of a local disk."}};
  }
  const auto free = static_cast<int64_t>(status.f_bavail * status.f_frsize);
  const auto all = static_cast<int64_t>(status.f_blocks * status.f_frsize);
  Finding finding{"", Health::kOk,
                  ReadableBytes(free) + " of " + ReadableBytes(all) + " free at " + place.string(),
                  ""};
  if (free < kNoDisk) {
    finding.health = Health::kProblem;
  } else if (free < kLittleDisk || free < all / 20) {
    finding.health = Health::kWarning;
  } else if (status.f_files > 0 && static_cast<double>(status.f_favail) <
                                       kFewInodes * static_cast<double>(status.f_files)) {
    finding.health = Health::kWarning;
    finding.message += ", but only " + std::to_string(status.f_favail) + " inodes";
  }
  if (finding.health != Health::kOk) {
    finding.hint = "Make room, or move storage.data_root; a statement that spills needs room too.";
  }
  return {finding};
}

Findings CheckClock(const Config& config) {
  const int64_t now = SystemClock().NowMs();
  if (now < kOldestNow) {
    return {{"", Health::kProblem, "it is " + FormatTimestampMs(now) + ", before this program",
             "Set the clock: commits are dated by it, and time travel goes by these dates."}};
  }
  const int64_t skew_ms = FileClockSkewMs(
      fs::exists(LocalPlace(config)) ? LocalPlace(config) : fs::temp_directory_path());
  if (std::abs(skew_ms) > kMaxSkewMs) {
    return {{"", Health::kWarning,
             "the file system's clock differs by " + std::to_string(skew_ms) + " ms",
             "Set both clocks by NTP."}};
  }
  timex status{};
  if (adjtimex(&status) == TIME_ERROR) {
    return {{"", Health::kWarning, FormatTimestampMs(now) + ", not synchronized",
             "Run chrony or systemd-timesyncd; in a container the host does it."}};
  }
  return {{"", Health::kOk, FormatTimestampMs(now) + ", synchronized", ""}};
}

Findings CheckMemoryAndCpus(const Config& config) {
  const MachineLimits limits = ReadMachineLimits();
  const int64_t engine = config.IsSet("query.memory_limit") ? config.GetBytes("query.memory_limit")
                                                            : limits.memory_bytes / 10 * 6;
  const int64_t threads = config.GetInteger("query.threads");
  char cpus[32];
  std::snprintf(cpus, sizeof(cpus), "%.4g", limits.cpus);
  Finding finding{"", Health::kOk,
                  ReadableBytes(limits.memory_bytes) + (limits.memory_limited ? " (cgroup)" : "") +
                      ", the engine takes " + ReadableBytes(engine) + "; " + cpus + " CPUs" +
                      (limits.cpus_limited ? " (cgroup)" : ""),
                  ""};
  if (engine > limits.memory_bytes) {
    finding.health = Health::kProblem;
    finding.hint = "Lower query.memory_limit: the kernel ends a process that takes more.";
  } else if (engine < kLittleMemory) {
    finding.health = Health::kWarning;
    finding.hint = "Give it more memory, or raise query.memory_limit; large statements spill.";
  } else if (threads > limits.threads()) {
    finding.health = Health::kWarning;
    finding.message += ", but query.threads is " + std::to_string(threads);
    finding.hint = "Set query.threads to 0, which takes what there is.";
  }
  return {finding};
}

Findings CheckOpenFiles(const Config& config) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const auto needed = static_cast<rlim_t>(config.GetInteger("server.max_connections")) + 256;
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= std::max(kFewFiles, needed)) {
    return {{"", Health::kOk, "files that may be open: " + std::to_string(limit.rlim_cur), ""}};
  }
  return {{"", Health::kWarning, "only " + std::to_string(limit.rlim_cur) + " files may be open",
           "Raise it: ulimit -n 65536, or LimitNOFILE= of the service."}};
}

Findings CheckPort(const Config& config) {
  const std::string host = config.GetString("server.host");
  const int64_t port = config.GetInteger("server.port");
  const std::string address = host + ":" + std::to_string(port);
  const int code = TryToListen(host, port);
  if (code == 0) return {{"", Health::kOk, address + " is free", ""}};
  if (code == EADDRINUSE) {
    return {{"", Health::kWarning, address + " is in use",
             "That is well when a server of this lakehouse runs; else set server.port."}};
  }
  return {{"", Health::kProblem, "cannot listen on " + address + ": " + strerror(code),
           "Set server.host to an address of this machine and server.port to one above 1023."}};
}

}  // namespace lakehouse::app
