#include "base/machine.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <optional>

namespace lakehouse {
namespace {

namespace fs = std::filesystem;

/// The path of this process's group of version 2: the line "0::/path".
std::optional<std::string> OwnGroup(const std::string& file) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("0::/")) return line.substr(4);
  }
  return std::nullopt;
}

void LimitBy(const fs::path& group, MachineLimits& limits) {
  int64_t memory = 0;
  if (std::ifstream(group / "memory.max") >> memory && memory < limits.memory_bytes) {
    limits.memory_bytes = memory;  // "max" is no number
    limits.memory_limited = true;
  }
  double quota_us = 0;
  double period_us = 0;
  if (std::ifstream(group / "cpu.max") >> quota_us >> period_us && period_us > 0 &&
      quota_us / period_us < limits.cpus) {
    limits.cpus = quota_us / period_us;
    limits.cpus_limited = true;
  }
}

}  // namespace

int MachineLimits::threads() const { return std::max(1, static_cast<int>(std::ceil(cpus))); }

MachineLimits ReadMachineLimits(const std::string& cgroup_root, const std::string& own_cgroup) {
  MachineLimits limits;
  limits.memory_bytes = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  limits.cpus = static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
  const auto own = OwnGroup(own_cgroup);
  if (!own) return limits;
  // The least limit on the way to the root holds. In a container the root is the group itself.
  const fs::path root(cgroup_root);
  LimitBy(root, limits);
  fs::path group = root;
  for (const fs::path& part : fs::path(*own)) {
    if (part == "..") break;  // a group outside of this namespace is not to be seen
    group /= part;
    LimitBy(group, limits);
  }
  return limits;
}

}  // namespace lakehouse
