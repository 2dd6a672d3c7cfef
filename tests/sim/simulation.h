#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "world.h"

namespace lakehouse::sim {

/// What happened, of one seed or of several together.
struct Counts {
  FaultCounts faults;
  int64_t steps = 0;
  int64_t commits = 0;
  int64_t conflicts = 0;
  int64_t unknowns = 0;  ///< those that nobody was told of, too
  int64_t reads = 0;
  int64_t checkpoints = 0;

  void Add(const Counts& other);
};

struct Report {
  uint64_t trace_hash = 0;
  std::vector<std::string> violations;
  Counts counts;
};

/// The whole storage engine on a simulated disk: several processes create, change and read one
/// table, while calls fail, replies get lost and processes die; then faults stop, everything must
/// go on, and the history must be one that can have happened. All of it follows from the seed.
Report RunSeed(uint64_t seed, bool print = false);

}  // namespace lakehouse::sim
