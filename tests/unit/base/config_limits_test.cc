#include <gtest/gtest.h>

#include <fstream>

#include "base/config.h"
#include "error_code.h"
#include "temporary_directory.h"

namespace lakehouse {
namespace {

class ConfigLimitsTest : public testing::Test {
 protected:
  std::string CodeOfFile(const std::string& text) {
    Config::Source source;
    source.file = directory_ / "lakehouse.yml";
    source.variables["EMPTY"] = "";
    source.variables["LOOP"] = "${env:LOOP}";
    std::ofstream(*source.file) << text;
    return CodeOf([&] { loaded_ = Config::Load(source); });
  }
  TemporaryDirectory directory_;
  Config loaded_ = Config::Defaults(Environment::kLocal);
};

TEST_F(ConfigLimitsTest, ADirectoryIsNoFile) {
  Config::Source source;
  source.file = directory_.path();
  EXPECT_EQ(CodeOf([&] { Config::Load(source); }), "LK-1004");
}

TEST_F(ConfigLimitsTest, AFileBeyondTheLimitIsRefused) {
  EXPECT_EQ(CodeOfFile(std::string((1 << 20) + 1, '#')), "LK-1004");
}

TEST_F(ConfigLimitsTest, ManyReferencesNeedNoDeepStack) {
  std::string text = "storage:\n  data_root: x";
  for (int i = 0; i < 50000; ++i) text += "${env:EMPTY}";
  EXPECT_EQ(CodeOfFile(text + "\n"), "");
  EXPECT_EQ(loaded_.GetString("storage.data_root"), "x");
}

TEST_F(ConfigLimitsTest, ValuesAreNotExpandedAgain) {
  EXPECT_EQ(CodeOfFile("storage:\n  data_root: ${env:LOOP}\n"), "");
  EXPECT_EQ(loaded_.GetString("storage.data_root"), "${env:LOOP}");
}

TEST_F(ConfigLimitsTest, EndlessFilesAreCut) {
  EXPECT_EQ(CodeOfFile("storage:\n  data_root: ${file:/dev/zero}\n"), "LK-1006");
  EXPECT_EQ(CodeOfFile("storage:\n  data_root: ${env:EMPTY\n"), "LK-1006");
  EXPECT_EQ(CodeOfFile("storage:\n  data_root: ${other:EMPTY}\n"), "LK-1006");
}

TEST_F(ConfigLimitsTest, AnErrorShowsNoSecretBesideItsReference) {
  Config::Source source;
  source.variables["LAKEHOUSE_SERVER_TLS_KEY"] = "hunter2${env:NOT_SET}";
  try {
    Config::Load(source);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "LK-1006");
    EXPECT_EQ(error.message().find("hunter2"), std::string::npos);
  }
}

TEST_F(ConfigLimitsTest, AKeyStandsOnce) {
  EXPECT_EQ(CodeOfFile("query:\n  threads: 1\n  threads: 2\n"), "LK-1005");
}

TEST_F(ConfigLimitsTest, NumbersAreFinite) {
  for (const char* text : {"nan", "inf", "-1", "99999999999g"}) {
    EXPECT_EQ(CodeOfFile(std::string("query:\n  memory_limit: ") + text + "\n"), "LK-1002") << text;
  }
}

TEST_F(ConfigLimitsTest, DeepNestingIsRefusedNotFollowed) {
  EXPECT_EQ(CodeOfFile(std::string(100000, '[')), "LK-1005");
}

}  // namespace
}  // namespace lakehouse
