#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace lakehouse::storage::partitioning {

/// Values are told apart by this many ranges, as in Spark.
inline constexpr size_t kRankRanges = 1000;

/// Splits the values of a column into ranges with about equally many rows, by a sample. The rank of
/// a value is between 0 and kRankRanges - 1 and grows with it. A value that many rows have takes
/// the ranks of all of them, so that few distinct values still spread over the whole scale.
template <typename Value>
class RankBounds {
 public:
  RankBounds() = default;
  explicit RankBounds(std::vector<Value> sample) {
    std::sort(sample.begin(), sample.end());
    if (sample.empty()) return;
    for (size_t i = 1; i < kRankRanges; ++i) {
      bounds_.push_back(sample[i * sample.size() / kRankRanges]);
    }
  }

  template <typename Other>
  uint32_t RankOf(const Other& value) const {
    if constexpr (std::is_arithmetic_v<Value>) return RankOfNumber(value);
    const auto above = std::upper_bound(bounds_.begin(), bounds_.end(), value);
    return static_cast<uint32_t>(above - bounds_.begin());
  }

 private:
  /// The same without branches on the value, which nobody can predict.
  uint32_t RankOfNumber(Value value) const {
    size_t first = 0;
    for (size_t left = bounds_.size(); left > 0;) {
      const size_t half = (left + 1) / 2;
      first += static_cast<size_t>(!(value < bounds_[first + half - 1])) * half;
      left -= half;
    }
    return static_cast<uint32_t>(first);
  }

  std::vector<Value> bounds_;
};

}  // namespace lakehouse::storage::partitioning
