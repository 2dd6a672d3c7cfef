#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ingestion/connectors/postgresql/test_server.h"
#include "ingestion/job.h"
#include "ingestion/test_lake.h"

namespace lakehouse::ingestion {
namespace {

using connectors::postgresql::SharedServer;
using connectors::postgresql::TestServer;

class PostgresqlJobTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(TestServer::Available()) << "PostgreSQL 15 is missing: ./dev setup installs it";
  }
  static RunnerOptions Quick() {
    RunnerOptions options;
    options.max_attempts = 3;
    options.backoff_base_ms = 1;
    options.backoff_max_ms = 5;
    return options;
  }
  static std::string Job(const TestServer& server, const std::string& table,
                         const std::map<std::string, std::string>& more = {}) {
    auto config = server.Options(table);
    for (const auto& [key, value] : more) config[key] = value;
    return nlohmann::json({{"source_type", "postgresql"},
                           {"source_config", config},
                           {"target_path", "bronze/" + table},
                           {"mode", "batch"}})
        .dump();
  }
  RunStatus RegisterAndRun(const std::string& json) {
    return runner_.Run(lake_.principal, runner_.Register(lake_.principal, json));
  }

  TestLake lake_;
  JobRunner runner_{lake_.lake, Quick()};
};

TEST_F(PostgresqlJobTest, WithoutAPortTakesTheOneOfTheEnvironment) {
  SharedServer().Execute("CREATE TABLE ported (id int); INSERT INTO ported VALUES (1);");
  nlohmann::json job = nlohmann::json::parse(Job(SharedServer(), "ported"));
  job["source_config"].erase("port");
  setenv("PGPORT", std::to_string(SharedServer().port()).c_str(), 1);
  const RunStatus run = RegisterAndRun(job.dump());
  unsetenv("PGPORT");
  ASSERT_EQ(run.state, "succeeded") << run.error_message;
  EXPECT_EQ(lake_.Rows("bronze.ported"), 1);
}

TEST_F(PostgresqlJobTest, EveryRunReplacesTheTableInOneCommit) {
  SharedServer().Execute(
      "CREATE TABLE customer_data (id int, name text, at timestamp, tags text[]);"
      "INSERT INTO customer_data VALUES (1, 'a', '2013-01-01', '{x}'), (2, NULL, NULL, NULL);");
  const RunStatus first = RegisterAndRun(Job(SharedServer(), "customer_data"));
  ASSERT_EQ(first.state, "succeeded") << first.error_message;
  EXPECT_EQ(first.metrics.rows_written, 2);
  SharedServer().Execute(
      "DELETE FROM customer_data WHERE id = 1; ALTER TABLE customer_data ADD city text;"
      "INSERT INTO customer_data VALUES (3, 'c', NULL, NULL, 'x');");
  const RunStatus second = RegisterAndRun(Job(SharedServer(), "customer_data"));
  ASSERT_EQ(second.state, "succeeded") << second.error_message;
  EXPECT_EQ(second.metrics.table_version, first.metrics.table_version + 1);
  EXPECT_EQ(lake_.Values("bronze.customer_data", "id"),
            (std::map<std::string, int>{{"2", 1}, {"3", 1}}));
  EXPECT_EQ(lake_.Values("bronze.customer_data", "city").count("x"), 1U);
  EXPECT_EQ(lake_.TableOf("bronze.customer_data")
                ->Latest()
                ->transactions()
                .at("lakehouse/postgresql_to_bronze_customer_data")
                .version,
            2);
}

TEST_F(PostgresqlJobTest, AppendsWhenAsked) {
  SharedServer().Execute("CREATE TABLE appended AS SELECT 1 AS id, ARRAY[1, 2] AS l;");
  auto job = nlohmann::json::parse(Job(SharedServer(), "appended"));
  job["write_mode"] = "append";
  ASSERT_EQ(RegisterAndRun(job.dump()).state, "succeeded");
  const RunStatus again = RegisterAndRun(job.dump());
  ASSERT_EQ(again.state, "succeeded") << again.error_message;
  EXPECT_EQ(lake_.Rows("bronze.appended"), 2);
}

TEST_F(PostgresqlJobTest, TriesAgainWhileTheServerIsAway) {
  TestServer server;
  server.Execute("CREATE TABLE t AS SELECT 1 AS id;");
  const std::string job = Job(server, "t");
  ASSERT_EQ(RegisterAndRun(job).state, "succeeded");
  server.Stop();
  const RunStatus away = RegisterAndRun(job);
  EXPECT_EQ(away.state, "failed");
  EXPECT_EQ(away.error_code, "LK-5020");
  EXPECT_EQ(away.attempt, 3);
  EXPECT_EQ(lake_.Rows("bronze.t"), 1);
  server.Start();
  EXPECT_EQ(RegisterAndRun(job).state, "succeeded");
}

TEST_F(PostgresqlJobTest, DoesNotRetryAWrongPasswordOrTable) {
  const RunStatus refused = RegisterAndRun(Job(SharedServer(), "x", {{"password", "wrong"}}));
  EXPECT_EQ(refused.error_code, "LK-5021");
  EXPECT_EQ(refused.attempt, 1);
  EXPECT_EQ(refused.error_message.find("wrong"), std::string::npos);
  EXPECT_EQ(RegisterAndRun(Job(SharedServer(), "no_such_table")).error_code, "LK-5022");
  EXPECT_FALSE(lake_.Exists("bronze.no_such_table"));
}

}  // namespace
}  // namespace lakehouse::ingestion
