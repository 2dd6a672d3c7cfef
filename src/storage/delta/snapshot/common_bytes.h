#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace lakehouse::storage::delta {

static_assert(std::endian::native == std::endian::little);

/// The eight bytes at `at`, the first of them the lowest.
inline uint64_t EightBytes(const char* at) {
  uint64_t bytes;
  std::memcpy(&bytes, at, sizeof(bytes));
  return bytes;
}

/// How many bytes two texts begin with alike.
inline size_t CommonBytes(std::string_view a, std::string_view b) {
  const size_t size = std::min(a.size(), b.size());
  size_t common = 0;
  for (; common + sizeof(uint64_t) <= size; common += sizeof(uint64_t)) {
    const uint64_t differs = EightBytes(a.data() + common) ^ EightBytes(b.data() + common);
    if (differs != 0) return common + static_cast<size_t>(std::countr_zero(differs)) / 8;
  }
  while (common < size && a[common] == b[common]) ++common;
  return common;
}

/// Are all bytes ASCII, and none a control character?
inline bool IsPlainText(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  constexpr uint64_t kSpaces = 0x2020202020202020;
  uint64_t odd = 0;
  size_t at = 0;
  for (; at + sizeof(uint64_t) <= text.size(); at += sizeof(uint64_t)) {
    const uint64_t bytes = EightBytes(text.data() + at);
    // Below a space, a byte borrows; the borrow spoils only bytes above one that is odd already.
    odd |= bytes | (bytes - kSpaces);
  }
  for (; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    odd |= byte < ' ' ? 0x80U : byte;
  }
  return (odd & kHighBits) == 0;
}

}  // namespace lakehouse::storage::delta
