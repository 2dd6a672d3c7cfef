#include "security/tokens.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <cstring>

#include "base/check.h"
#include "base/random.h"
#include "security/digest.h"

namespace lakehouse::security {
namespace {

constexpr size_t kTokenBytes = 32;

/// RFC 4648 section 5, without padding.
std::string Base64Url(const std::array<unsigned char, kTokenBytes>& bytes) {
  std::array<unsigned char, 4 * ((kTokenBytes + 2) / 3) + 1> text{};
  const int length = EVP_EncodeBlock(text.data(), bytes.data(), static_cast<int>(bytes.size()));
  LAKE_CHECK(length > 0);
  std::string result(reinterpret_cast<const char*>(text.data()), static_cast<size_t>(length));
  while (result.ends_with('=')) result.pop_back();
  for (char& c : result) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return result;
}

}  // namespace

std::string GenerateToken(Random& random) {
  std::array<unsigned char, kTokenBytes> bytes{};
  for (size_t i = 0; i < bytes.size(); i += sizeof(uint64_t)) {
    const uint64_t word = random.Next64();
    std::memcpy(bytes.data() + i, &word, sizeof(word));
  }
  return "lkt_" + Base64Url(bytes);
}

std::string HashToken(std::string_view token) { return Sha256Hex(token); }

bool ConstantTimeEquals(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace lakehouse::security
