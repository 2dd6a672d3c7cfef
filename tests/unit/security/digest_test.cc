#include "security/digest.h"

#include <gtest/gtest.h>

namespace lakehouse::security {
namespace {

/// RFC 4231, test case 2, and FIPS 180-2.
TEST(Digest, HasTheValuesOfTheStandards) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(ToHex(OpenSslHasher().HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace lakehouse::security
