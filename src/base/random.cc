#include "base/random.h"

#include <sys/random.h>

#include "base/check.h"

namespace lakehouse {
namespace {

class MachineRandom : public Random {
 public:
  uint64_t Next64() override {
    uint64_t value = 0;
    LAKE_CHECK(getrandom(&value, sizeof(value), 0) == sizeof(value));
    return value;
  }
};

}  // namespace

uint64_t Random::Below(uint64_t bound) {
  LAKE_CHECK(bound > 0);
  // Values of the last, incomplete round are drawn again, so that all results are equally likely.
  const uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  uint64_t value = Next64();
  while (value >= limit) value = Next64();
  return value % bound;
}

double Random::Uniform() { return static_cast<double>(Next64() >> 11) * 0x1.0p-53; }

Random& SystemRandom() {
  static MachineRandom random;
  return random;
}

uint64_t SeededRandom::Next64() {
  // splitmix64 (Steele, Lea, Flood 2014).
  uint64_t z = state_.fetch_add(0x9E3779B97F4A7C15ULL) + 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

}  // namespace lakehouse
