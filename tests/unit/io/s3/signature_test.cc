#include "io/s3/signature.h"

#include <gtest/gtest.h>

#include "security/digest.h"

namespace lakehouse::io::s3 {
namespace {

/// The examples of "Signature Calculations for the Authorization Header" in Amazon's manual.
class SignatureTest : public testing::Test {
 protected:
  SignatureTest() { parts_.headers["host"] = "examplebucket.s3.amazonaws.com"; }
  std::string Signature(std::string_view body = {}) {
    parts_.payload_sha256 = security::Sha256Hex(body);
    Sign(parts_, {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""},
         "us-east-1", 1369353600000, security::OpenSslHasher());
    const std::string& header = parts_.headers.at("authorization");
    return header.substr(header.rfind('=') + 1);
  }
  SignedParts parts_{.method = "GET", .path = "/"};
};

TEST_F(SignatureTest, SignsARangedGet) {
  parts_.path = "/test.txt";
  parts_.headers["range"] = "bytes=0-9";
  EXPECT_EQ(Signature(), "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_EQ(parts_.headers.at("x-amz-date"), "20130524T000000Z");
}

TEST_F(SignatureTest, SignsAPutWithAnEncodedKey) {
  parts_.method = "PUT";
  parts_.path = "/test%24file.text";
  parts_.headers["date"] = "Fri, 24 May 2013 00:00:00 GMT";
  parts_.headers["x-amz-storage-class"] = "REDUCED_REDUNDANCY";
  EXPECT_EQ(Signature("Welcome to Amazon S3."),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST_F(SignatureTest, SignsAQueryWithoutValue) {
  parts_.query["lifecycle"] = "";
  EXPECT_EQ(Signature(), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST_F(SignatureTest, SignsASortedQuery) {
  parts_.query = {{"prefix", "J"}, {"max-keys", "2"}};
  EXPECT_EQ(Signature(), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST_F(SignatureTest, ASessionTokenIsPartOfIt) {
  parts_.payload_sha256 = security::Sha256Hex("");
  Sign(parts_, {"id", "secret", "token"}, "us-east-1", 1369353600000, security::OpenSslHasher());
  EXPECT_EQ(parts_.headers.at("x-amz-security-token"), "token");
  EXPECT_NE(parts_.headers.at("authorization").find(";x-amz-security-token,"), std::string::npos);
  EXPECT_EQ(parts_.headers.at("authorization").find("secret"), std::string::npos);
}

TEST(QueryText, EncodesAllButUnreservedCharacters) {
  EXPECT_EQ(QueryText({{"prefix", "a/b c+ä~"}, {"delimiter", "/"}}),
            "delimiter=%2F&prefix=a%2Fb%20c%2B%C3%A4~");
}

}  // namespace
}  // namespace lakehouse::io::s3
