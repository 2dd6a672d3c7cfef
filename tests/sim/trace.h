#pragma once

#include <cstdint>
#include <cstdio>
#include <string_view>

namespace lakehouse::sim {

/// What happened in a run, as a number, and as lines when asked for. Two runs of one seed must have
/// the same number.
class Trace {
 public:
  explicit Trace(bool print = false) : print_(print) {}

  /// `value` tells what came of it: a version, a hash of bytes.
  void Note(int64_t step, int process, std::string_view what, std::string_view where,
            uint64_t value) {
    for (const uint64_t part : {static_cast<uint64_t>(step), static_cast<uint64_t>(process),
                                HashOf(what), HashOf(where), value}) {
      hash_ = (hash_ ^ part) * kPrime;
      hash_ ^= hash_ >> 29;
    }
    if (!print_) return;
    std::printf("%6ld  p%d  %-28.*s %.*s %016lx\n", step, process, static_cast<int>(what.size()),
                what.data(), static_cast<int>(where.size()), where.data(), value);
  }
  uint64_t hash() const { return hash_; }

  /// FNV-1a.
  static uint64_t HashOf(std::string_view bytes) {
    uint64_t hash = 0xcbf29ce484222325;
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * kPrime;
    return hash;
  }

 private:
  static constexpr uint64_t kPrime = 0x100000001b3;

  const bool print_;
  uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace lakehouse::sim
