#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace lakehouse {

using Digest256 = std::array<unsigned char, 32>;

Digest256 Sha256(std::string_view bytes);
/// RFC 2104 with SHA-256.
Digest256 HmacSha256(std::string_view key, std::string_view bytes);
/// Lower-case hex.
std::string ToHex(std::span<const unsigned char> bytes);
/// SHA-256 of `bytes` in lower-case hex (64 characters).
std::string Sha256Hex(std::string_view bytes);

/// The bytes of a digest as text, such as the key of the next HMAC.
inline std::string_view AsText(const Digest256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace lakehouse
