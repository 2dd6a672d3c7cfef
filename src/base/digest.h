#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace lakehouse {

/// What SHA-256 makes of something (security/digest.h).
using Digest256 = std::array<unsigned char, 32>;

/// Lower-case hex.
std::string ToHex(std::span<const unsigned char> bytes);

/// The bytes of a digest as text, such as the key of the next HMAC.
inline std::string_view AsText(const Digest256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace lakehouse
