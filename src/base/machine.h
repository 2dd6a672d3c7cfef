#pragma once

#include <cstdint>
#include <string>

namespace lakehouse {

/// What this process may use of its machine: the machine's own, or less where a cgroup (version 2)
/// limits it, as containers and services do.
struct MachineLimits {
  int64_t memory_bytes = 0;  ///< what may be used
  double cpus = 0;           ///< what may be used; 1.5 is one and a half
  bool memory_limited = false;
  bool cpus_limited = false;

  /// Threads that keep `cpus` busy, at least 1.
  int threads() const;
};

/// Reads the limits now. The paths are those of the kernel; tests hand in their own. What cannot be
/// read does not limit.
MachineLimits ReadMachineLimits(const std::string& cgroup_root = "/sys/fs/cgroup",
                                const std::string& own_cgroup = "/proc/self/cgroup");

}  // namespace lakehouse
