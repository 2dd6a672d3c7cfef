#pragma once

#include <cstdint>
#include <span>

namespace lakehouse::storage::partitioning {

/// Most columns that a key can be made of.
inline constexpr size_t kMaxCurveColumns = 16;
/// Bits of a coordinate: values are told apart by 1000 ranges.
inline constexpr int kRankBits = 10;

/// Bits that each of `columns` coordinates has in a 64-bit key: kRankBits, or fewer when there are
/// more than six.
int BitsPerColumn(size_t columns);

/// The place of the point on the Z-order curve: bits of the coordinates in turn, the highest first
/// and of the first column first. Each coordinate is below 2^bits, and bits * columns at most 64.
uint64_t ZOrderKey(std::span<const uint32_t> point, int bits);

/// The place of the point on the Hilbert curve (J. Skilling, "Programming the Hilbert curve", AIP
/// 2004): neighbours on the curve differ by one in one coordinate.
uint64_t HilbertKey(std::span<const uint32_t> point, int bits);

}  // namespace lakehouse::storage::partitioning
