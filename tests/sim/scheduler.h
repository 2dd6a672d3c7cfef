#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/random.h"

namespace lakehouse::sim {

/// Runs simulated processes as fibers of the calling thread, one at a time. Who goes on at a Yield
/// is chosen by the seed, so the same seed gives the same run. Not thread-safe.
class Scheduler {
 public:
  explicit Scheduler(uint64_t seed);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// `work` begins when it is chosen and must not let anything out.
  void Spawn(std::function<void()> work);
  /// Returns when all work has ended. What fibers spawn is part of it.
  void Run();
  /// Only from work: others may go on meanwhile, for at least `pause` steps.
  void Yield(int64_t pause = 0);
  /// Counts the turns that were taken: the time of the simulation.
  int64_t step() const { return step_; }

 private:
  struct Fiber;

  void Resume(Fiber& fiber);
  /// Among those whose pause is over; when all pause, time passes.
  size_t Choose();

  SeededRandom random_;
  int64_t step_ = 0;
  Fiber* running_ = nullptr;
  std::vector<std::unique_ptr<Fiber>> fibers_;
};

}  // namespace lakehouse::sim
