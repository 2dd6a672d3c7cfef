#include "base/config.h"

#include <gtest/gtest.h>

#include <fstream>

#include "error_code.h"
#include "temporary_directory.h"

namespace lakehouse {
namespace {

class ConfigTest : public testing::Test {
 protected:
  Config::Source File(const std::string& text) {
    const std::string path = directory_ / "lakehouse.yml";
    std::ofstream(path) << text;
    Config::Source source;
    source.file = path;
    return source;
  }
  std::string CodeOfFile(const std::string& text) {
    const Config::Source source = File(text);
    return CodeOf([&] { Config::Load(source); });
  }
  TemporaryDirectory directory_;
};

TEST_F(ConfigTest, FlagWinsOverVariableOverFileOverDefault) {
  Config::Source source = File("query:\n  max_running: 5\n  max_waiting: 6\n  threads: 7\n");
  source.variables["LAKEHOUSE_QUERY_MAX_WAITING"] = "60";
  source.variables["LAKEHOUSE_QUERY_THREADS"] = "70";
  source.flags["query.threads"] = "3";
  const Config config = Config::Load(source);
  EXPECT_EQ(config.GetInteger("query.max_running"), 5);
  EXPECT_EQ(config.GetInteger("query.max_waiting"), 60);
  EXPECT_EQ(config.GetInteger("query.threads"), 3);
  EXPECT_EQ(config.Get("query.threads").origin, "flag");
  EXPECT_EQ(config.Get("query.max_waiting").origin, "environment LAKEHOUSE_QUERY_MAX_WAITING");
  EXPECT_NE(config.Get("query.max_running").origin.find("lakehouse.yml:2:3"), std::string::npos);
  EXPECT_EQ(config.Get("query.timeout").origin, "default");
}

TEST_F(ConfigTest, ReadsTheMissionsExample) {
  const Config config = Config::Load(
      File("spark:\n  master: \"local[*]\"\n  executor_instances: 4\n  executor_memory: \"8g\"\n"
           "  adaptive_query_execution: true\nstorage:\n  data_root: \"/data/lakehouse\"\n"
           "  compression_codec: \"snappy\"\n  enable_compression: true\nml:\n"
           "  mlflow_tracking_uri: \"postgresql://user:pass@localhost:5432/mlflow\"\n"
           "  feature_store_root: \"/data/feature_store\"\n  enable_automl: true\nsecurity:\n"
           "  enable_authentication: true\n  enable_authorization: true\n"));
  EXPECT_EQ(config.GetBytes("spark.executor_memory"), 8LL << 30);
  EXPECT_EQ(config.GetString("storage.data_root"), "/data/lakehouse");
  EXPECT_TRUE(config.GetBoolean("security.enable_authorization"));
}

TEST_F(ConfigTest, EnvironmentsDiffer) {
  EXPECT_FALSE(Config::Defaults(Environment::kLocal).GetBoolean("security.enable_authentication"));
  EXPECT_TRUE(
      Config::Load(File("environment: production\n")).GetBoolean("security.enable_authentication"));
}

TEST_F(ConfigTest, BadInputIsNamed) {
  EXPECT_EQ(CodeOfFile("query:\n  max_runing: 5\n"), "LK-1001");
  EXPECT_EQ(CodeOfFile("query:\n  max_running: many\n"), "LK-1002");
  EXPECT_EQ(CodeOfFile("query:\n  max_running: 0\n"), "LK-1003");
  EXPECT_EQ(CodeOfFile("storage:\n  compression_codec: zip\n"), "LK-1003");
  EXPECT_EQ(CodeOfFile("query: [\n"), "LK-1005");
  EXPECT_EQ(CodeOfFile("- 1\n"), "LK-1005");
  EXPECT_EQ(CodeOfFile("storage:\n  data_root: ${env:NOT_SET}\n"), "LK-1006");
  EXPECT_EQ(CodeOfFile("environment: prod\n"), "LK-1007");
  Config::Source missing;
  missing.file = directory_ / "none.yml";
  EXPECT_EQ(CodeOf([&] { Config::Load(missing); }), "LK-1004");
}

TEST_F(ConfigTest, UnknownKeySaysWhereAndWhatWasMeant) {
  try {
    Config::Load(File("query:\n  max_runing: 5\n"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.message().find(":2:3"), std::string::npos) << error.message();
    EXPECT_NE(error.hint().find("query.max_running"), std::string::npos) << error.hint();
  }
}

TEST_F(ConfigTest, ReferencesAreResolved) {
  std::ofstream(directory_ / "secret") << "hidden\n";
  Config::Source source =
      File("storage:\n  data_root: /data/${env:TEAM}\nserver:\n  tls_key: ${file:" +
           (directory_ / "secret") + "}\n");
  source.variables["TEAM"] = "red";
  const Config config = Config::Load(source);
  EXPECT_EQ(config.GetString("storage.data_root"), "/data/red");
  EXPECT_EQ(config.GetString("server.tls_key"), "hidden");
}

TEST_F(ConfigTest, TemplateIsValidInEveryEnvironment) {
  for (const auto environment : {Environment::kLocal, Environment::kDevelopment,
                                 Environment::kStaging, Environment::kProduction}) {
    const Config config = Config::Load(File(Config::Template(environment)));
    EXPECT_EQ(config.environment(), environment);
    for (const Setting& setting : Settings()) {
      EXPECT_EQ(config.GetString(setting.key), Config::Defaults(environment).GetString(setting.key))
          << setting.key;
    }
  }
}

TEST_F(ConfigTest, UnitsAreUnderstood) {
  const Config config = Config::Defaults(Environment::kLocal);
  EXPECT_EQ(config.With("query.memory_limit", "1.5GiB").GetBytes("query.memory_limit"), 1610612736);
  EXPECT_EQ(config.With("query.timeout", "2h").GetDurationMs("query.timeout"), 7'200'000);
  EXPECT_EQ(CodeOf([&] { config.With("query.timeout", "2 parsecs"); }), "LK-1002");
  EXPECT_EQ(config.With("storage.allowed_locations", "/a, /b").GetList("storage.allowed_locations"),
            (std::vector<std::string>{"/a", "/b"}));
}

}  // namespace
}  // namespace lakehouse
