#include "io/s3/credentials.h"

#include <gtest/gtest.h>

#include <fstream>

#include "error_code.h"
#include "temporary_directory.h"

namespace lakehouse::io::s3 {
namespace {

class CredentialsTest : public testing::Test {
 protected:
  CredentialsTest() {
    options_.variables["AWS_SHARED_CREDENTIALS_FILE"] = directory_ / "credentials";
    options_.variables["AWS_CONFIG_FILE"] = directory_ / "config";
  }
  void WriteFile(const std::string& name, const std::string& text) {
    std::ofstream(directory_ / name) << text;
  }
  TemporaryDirectory directory_;
  CredentialOptions options_;
};

TEST_F(CredentialsTest, TheConfigurationGoesFirst) {
  options_.variables["AWS_ACCESS_KEY_ID"] = "of-environment";
  options_.variables["AWS_SECRET_ACCESS_KEY"] = "x";
  EXPECT_EQ(CredentialSource(options_).Current()->access_key_id, "of-environment");
  options_.given = Credentials{"given", "x", ""};
  EXPECT_EQ(CredentialSource(options_).Current()->access_key_id, "given");
}

TEST_F(CredentialsTest, AProfileIsReadFromTheFiles) {
  WriteFile("credentials",
            "# a comment\n[default]\naws_access_key_id = D\naws_secret_access_key=S\n"
            "[team]\nAWS_ACCESS_KEY_ID = T\r\naws_secret_access_key = U\n"
            "aws_session_token = tok=en\n");
  WriteFile("config", "[profile team]\nregion = eu-central-1\n");
  EXPECT_EQ(*CredentialSource(options_).Current(), (Credentials{"D", "S", ""}));
  options_.profile = "team";
  EXPECT_EQ(*CredentialSource(options_).Current(), (Credentials{"T", "U", "tok=en"}));
  EXPECT_EQ(CredentialSource(options_).Region(), "eu-central-1");
  options_.profile = "nobody";
  EXPECT_EQ(CodeOf([&] { CredentialSource(options_).Current(); }), "LK-8013");
}

TEST_F(CredentialsTest, RenewedFilesAreReadAgain) {
  WriteFile("credentials", "[default]\naws_access_key_id=A\naws_secret_access_key=1\n");
  CredentialSource source(options_);
  const Credentials old = *source.Current();
  EXPECT_FALSE(source.Renew(old));
  WriteFile("credentials", "[default]\naws_access_key_id=B\naws_secret_access_key=2\n");
  EXPECT_TRUE(source.Renew(old));
  EXPECT_EQ(source.Current()->access_key_id, "B");
}

TEST_F(CredentialsTest, AnonymousNeedsNone) {
  options_.anonymous = true;
  EXPECT_EQ(CredentialSource(options_).Current(), std::nullopt);
}

}  // namespace
}  // namespace lakehouse::io::s3
