#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
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
    const auto above = std::upper_bound(bounds_.begin(), bounds_.end(), value);
    return static_cast<uint32_t>(above - bounds_.begin());
  }

 private:
  std::vector<Value> bounds_;
};

}  // namespace lakehouse::storage::partitioning
