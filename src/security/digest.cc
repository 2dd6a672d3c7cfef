#include "security/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"

namespace lakehouse::security {
namespace {

class Digests : public io::Hasher {
 public:
  Digest256 Sha256(std::string_view bytes) const override {
    Digest256 digest{};
    unsigned int length = 0;
    LAKE_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(),
                          nullptr) == 1 &&
               length == digest.size());
    return digest;
  }

  Digest256 HmacSha256(std::string_view key, std::string_view bytes) const override {
    Digest256 digest{};
    unsigned int length = 0;
    LAKE_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                    reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                    digest.data(), &length) != nullptr &&
               length == digest.size());
    return digest;
  }
};

}  // namespace

const io::Hasher& OpenSslHasher() {
  static const Digests digests;
  return digests;
}

std::string Sha256Hex(std::string_view bytes) { return ToHex(OpenSslHasher().Sha256(bytes)); }

}  // namespace lakehouse::security
