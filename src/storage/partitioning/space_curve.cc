#include "storage/partitioning/space_curve.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace lakehouse::storage::partitioning {
namespace {

using Point = std::array<uint32_t, kMaxCurveColumns>;

constexpr int kKeyBits = 64;

void CheckSize([[maybe_unused]] size_t columns, [[maybe_unused]] int bits) {
  LAKE_DCHECK(columns > 0 && columns <= kMaxCurveColumns && bits > 0 &&
              bits * static_cast<int>(columns) <= kKeyBits);
}

/// Skilling's AxesToTranspose: the bits of the Hilbert index, spread over the coordinates as those
/// of a Z-order key are.
void Transpose(Point& x, size_t columns, int bits) {
  const uint32_t top = uint32_t{1} << (bits - 1);
  for (uint32_t bit = top; bit > 1; bit >>= 1) {
    const uint32_t lower = bit - 1;
    for (size_t i = 0; i < columns; ++i) {
      if ((x[i] & bit) != 0) {
        x[0] ^= lower;
      } else {
        const uint32_t swapped = (x[0] ^ x[i]) & lower;
        x[0] ^= swapped;
        x[i] ^= swapped;
      }
    }
  }
  for (size_t i = 1; i < columns; ++i) x[i] ^= x[i - 1];
  uint32_t flips = 0;
  for (uint32_t bit = top; bit > 1; bit >>= 1) {
    if ((x[columns - 1] & bit) != 0) flips ^= bit - 1;
  }
  for (size_t i = 0; i < columns; ++i) x[i] ^= flips;
}

}  // namespace

int BitsPerColumn(size_t columns) {
  return std::min(kRankBits, kKeyBits / static_cast<int>(std::max<size_t>(columns, 1)));
}

uint64_t ZOrderKey(std::span<const uint32_t> point, int bits) {
  CheckSize(point.size(), bits);
  uint64_t key = 0;
  for (int bit = bits - 1; bit >= 0; --bit) {
    for (const uint32_t coordinate : point) key = (key << 1) | ((coordinate >> bit) & 1);
  }
  return key;
}

uint64_t HilbertKey(std::span<const uint32_t> point, int bits) {
  CheckSize(point.size(), bits);
  Point x{};
  std::copy(point.begin(), point.end(), x.begin());
  Transpose(x, point.size(), bits);
  return ZOrderKey(std::span(x.data(), point.size()), bits);
}

}  // namespace lakehouse::storage::partitioning
