#include "storage/delta/snapshot/packed_numbers.h"

#include <algorithm>

namespace lakehouse::storage::delta {

template <typename Number>
void PackedNumbers::Store(const std::vector<int64_t>& numbers) {
  width_ = sizeof(Number);
  bytes_.resize(numbers.size() * sizeof(Number));
  char* at = bytes_.data();
  for (const int64_t number : numbers) {
    const auto stored =
        static_cast<Number>(static_cast<uint64_t>(number) - static_cast<uint64_t>(base_));
    std::memcpy(at, &stored, sizeof(Number));
    at += sizeof(Number);
  }
}

PackedNumbers::PackedNumbers(const std::vector<int64_t>& numbers) {
  if (numbers.empty()) return;
  const auto [least, greatest] = std::minmax_element(numbers.begin(), numbers.end());
  base_ = *least;
  const uint64_t range = static_cast<uint64_t>(*greatest) - static_cast<uint64_t>(*least);
  if (range == 0) return;
  if (range <= UINT8_MAX) {
    Store<uint8_t>(numbers);
  } else if (range <= UINT16_MAX) {
    Store<uint16_t>(numbers);
  } else if (range <= UINT32_MAX) {
    Store<uint32_t>(numbers);
  } else {
    base_ = 0;
    Store<int64_t>(numbers);
  }
}

}  // namespace lakehouse::storage::delta
