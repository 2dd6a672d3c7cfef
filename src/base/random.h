#pragma once

#include <atomic>
#include <cstdint>

namespace lakehouse {

/// Randomness as a parameter. Thread-safe implementations only.
class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t Next64() = 0;
  /// Uniform in [0, bound); bound > 0.
  uint64_t Below(uint64_t bound);
  /// Uniform in [0, 1).
  double Uniform();
};

/// Seeded from the operating system.
Random& SystemRandom();

/// The same seed gives the same numbers (splitmix64).
class SeededRandom : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  uint64_t Next64() override;

 private:
  std::atomic<uint64_t> state_;
};

}  // namespace lakehouse
