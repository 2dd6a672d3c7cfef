#include "security/md5.h"

#include <openssl/evp.h>

#include <array>

#include "base/digest.h"

namespace lakehouse::security {

std::string Md5Hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_md5(), nullptr) != 1) {
    return {};
  }
  return ToHex({digest.data(), length});
}

}  // namespace lakehouse::security
