#include "query/engines/duckdb/duckdb_engine.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <map>
#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "query/open_lake.h"
#include "storage/arrow_status.h"
#include "temporary_directory.h"

namespace lakehouse::query::duckdb {
namespace {

class DuckDbEngineTest : public testing::Test {
 protected:
  DuckDbEngineTest() {
    lake_ = OpenLake(directory_, io::MakeLocalStore(directory_ / "data"), random_);
    engine_ = OpenDuckDbEngine(lake_, {.threads = 2, .memory_bytes = 1 << 30});
    session_ = engine_->OpenSession(security::LocalPrincipal());
  }
  QueryResult Run(const std::string& sql) {
    QueryRequest request;
    request.sql = sql;
    request.principal = security::LocalPrincipal();
    return session_->Execute(request);
  }
  /// All cells, "a|b;c|d".
  std::string Rows(const std::string& sql) {
    auto result = Run(sql);
    metrics_ = result.metrics;
    std::string text;
    std::shared_ptr<arrow::RecordBatch> batch;
    while (true) {
      const auto status = result.reader->ReadNext(&batch);
      storage::ThrowErrorIn(status);
      EXPECT_TRUE(status.ok()) << status.ToString();
      if (!batch) break;
      for (int64_t row = 0; row < batch->num_rows(); ++row) {
        for (int i = 0; i < batch->num_columns(); ++i) {
          text += (i == 0 ? "" : "|") + batch->column(i)->GetScalar(row).ValueOrDie()->ToString();
        }
        text += ";";
      }
    }
    return text;
  }
  std::string CodeOf(const std::string& sql) {
    try {
      Rows(sql);
    } catch (const Error& error) {
      return error.code();
    }
    return "none";
  }

  TemporaryDirectory directory_;
  SeededRandom random_{5};
  std::shared_ptr<catalog::Lake> lake_;
  std::unique_ptr<QueryEngine> engine_;
  std::unique_ptr<Session> session_;
  std::shared_ptr<QueryMetrics> metrics_;
};

TEST_F(DuckDbEngineTest, RowsInsertedAreReadBack) {
  Run("CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR, day DATE)");
  EXPECT_EQ(Run("INSERT INTO t VALUES (1, 'a', DATE '2013-01-01'), (2, NULL, NULL)").affected_rows,
            2);
  EXPECT_EQ(Rows("SELECT id, name FROM lake.main.t ORDER BY id"), "1|a;2|null;");
  EXPECT_EQ(Rows("SELECT count(*) FROM main.t"), "2;");
  EXPECT_EQ(CodeOf("INSERT INTO t VALUES (NULL, 'b', NULL)"), "LK-4005");
  EXPECT_EQ(Rows("SELECT count(*) FROM t"), "2;");
}

TEST_F(DuckDbEngineTest, GatheredRowsAreThoseOfTheStream) {
  Run("CREATE TABLE big AS SELECT range AS n, 'x' || range AS s FROM range(300000)");
  const auto read = [&](const std::string& sql, bool gather) {
    QueryRequest request;
    request.sql = sql;
    request.principal = security::LocalPrincipal();
    request.gather = gather;
    auto result = session_->Execute(request);
    EXPECT_EQ(result.metrics->files_total > 0, gather);  // gathered: the statement has ended
    return result.reader->ToTable().ValueOrDie();
  };
  for (const std::string sql : {"SELECT * FROM big", "SELECT n FROM big WHERE n < 0",
                                "SELECT s, n FROM big ORDER BY n DESC LIMIT 10"}) {
    const auto gathered = read(sql, true);
    EXPECT_TRUE(gathered->Equals(*read(sql, false))) << sql;
  }
  QueryRequest broken;
  broken.sql = "SELECT CAST(n AS TINYINT) FROM big";
  broken.principal = security::LocalPrincipal();
  broken.gather = true;
  EXPECT_EQ(lakehouse::CodeOf([&] { session_->Execute(broken); }), "LK-4005");
}

TEST_F(DuckDbEngineTest, DescribesAStatementWithoutRunningIt) {
  Run("CREATE TABLE d (id BIGINT, name VARCHAR)");
  const auto describe = [&](const std::string& sql) {
    QueryRequest request;
    request.sql = sql;
    request.principal = security::LocalPrincipal();
    return session_->Describe(request);
  };
  EXPECT_EQ(describe("SELECT name, id + 1 AS n FROM d WHERE id > ?").schema->ToString(),
            "name: string\nn: int64");
  EXPECT_EQ(describe("SELECT ?").schema, nullptr);
  EXPECT_EQ(describe("INSERT INTO d VALUES (1, 'a')").kind, StatementKind::kWrite);
  EXPECT_EQ(Rows("SELECT count(*) FROM d"), "0;");
  EXPECT_EQ(lakehouse::CodeOf([&] { describe("SELECT nam FROM d"); }), "LK-4002");
  EXPECT_EQ(lakehouse::CodeOf([&] { describe("SELEC 1"); }), "LK-4001");
}

TEST_F(DuckDbEngineTest, CreateTableAsSelectKeepsRowsAndPartitions) {
  EXPECT_EQ(Run("CREATE TABLE p PARTITIONED BY (k) AS "
                "SELECT i, i % 3 AS k, {'a': i} AS s, [i] AS l FROM range(10) r(i)")
                .affected_rows,
            10);
  EXPECT_EQ(Rows("SELECT k, count(*), sum(i) FROM p GROUP BY k ORDER BY k"),
            "0|4|18;1|3|12;2|3|15;");
  EXPECT_EQ(Rows("SELECT s.a, l[1] FROM p WHERE i = 7"), "7|7;");
  EXPECT_EQ(Rows("SELECT count(*) FROM p WHERE k = 1"), "3;");
  EXPECT_EQ(metrics_->files_total, 3);
  EXPECT_EQ(metrics_->files_read, 1);
}

TEST_F(DuckDbEngineTest, StatisticsLeaveFilesOut) {
  Run("CREATE TABLE t (i BIGINT)");
  for (int from : {0, 100, 200}) {
    Run("INSERT INTO t SELECT i FROM range(" + std::to_string(from) + ", " +
        std::to_string(from + 100) + ") r(i)");
  }
  EXPECT_EQ(Rows("SELECT count(*) FROM t WHERE i BETWEEN 110 AND 119"), "10;");
  EXPECT_EQ(metrics_->files_total, 3);
  EXPECT_EQ(metrics_->files_read, 1);
}

TEST_F(DuckDbEngineTest, OlderVersionsStayReadable) {
  Run("CREATE TABLE t (i BIGINT)");
  Run("INSERT INTO t VALUES (1)");
  Run("INSERT INTO t VALUES (2)");
  EXPECT_EQ(Rows("SELECT i FROM t AT (VERSION => 1)"), "1;");
  EXPECT_EQ(CodeOf("SELECT i FROM t AT (VERSION => 9)"), "LK-3004");
}

TEST_F(DuckDbEngineTest, ViewsAndSchemasLiveInTheCatalog) {
  Run("CREATE SCHEMA mart");
  Run("CREATE TABLE mart.t AS SELECT 1 AS one");
  Run("CREATE VIEW mart.v AS SELECT one + 1 AS two FROM mart.t");
  EXPECT_EQ(Rows("SELECT two FROM mart.v"), "2;");
  Run("USE mart");
  EXPECT_EQ(session_->current_schema(), "mart");
  EXPECT_EQ(Rows("SELECT one FROM t"), "1;");
  Run("DROP VIEW mart.v");
  EXPECT_EQ(CodeOf("SELECT * FROM mart.v"), "LK-2012");
}

TEST_F(DuckDbEngineTest, FilesAndSettingsAreOutOfReach) {
  EXPECT_EQ(CodeOf("COPY (SELECT 1) TO '/tmp/x.csv'"), "LK-4010");
  EXPECT_EQ(CodeOf("ATTACH ':memory:' AS m"), "LK-4010");
  EXPECT_EQ(CodeOf("SET threads = 8"), "LK-4010");
  EXPECT_EQ(CodeOf("PRAGMA disable_optimizer"), "LK-4010");
  EXPECT_EQ(CodeOf("INSTALL httpfs"), "LK-4010");
  EXPECT_NE(CodeOf("SELECT * FROM read_csv('/etc/passwd')"), "none");
  EXPECT_NE(CodeOf("SELECT * FROM '/etc/passwd'"), "none");
  EXPECT_NE(CodeOf("SELECT * FROM 'x.parquet'"), "none");
  EXPECT_NE(CodeOf("SELECT * FROM glob('/*')"), "none");
  EXPECT_EQ(CodeOf("SELECT * FROM duckdb_extensions()"), "LK-4011");
}

TEST_F(DuckDbEngineTest, ErrorsHaveCodes) {
  EXPECT_EQ(CodeOf("SELEC 1"), "LK-4001");
  EXPECT_EQ(CodeOf("SELECT 1; SELECT 2"), "LK-4001");
  Run("CREATE TABLE t (i BIGINT)");
  EXPECT_EQ(CodeOf("SELECT j FROM t"), "LK-4002");
  EXPECT_EQ(CodeOf("SELECT nofunction(i) FROM t"), "LK-4003");
  EXPECT_EQ(CodeOf("SELECT * FROM nothing"), "LK-2012");
  EXPECT_EQ(CodeOf("SELECT CAST('x' AS INTEGER)"), "LK-4005");
  EXPECT_EQ(CodeOf("SELECT i + [1] FROM t"), "LK-4004");
  EXPECT_EQ(CodeOf("DELETE FROM t RETURNING i"), "LK-4012");
}

TEST_F(DuckDbEngineTest, ErrorsNameTheirPlaceInTheStatement) {
  const auto message_of = [&](const std::string& sql) -> std::string {
    try {
      Rows(sql);
    } catch (const Error& error) {
      return error.message();
    }
    return "none";
  };
  Run("CREATE TABLE t (name VARCHAR)");
  using testing::HasSubstr;
  EXPECT_THAT(message_of("SELECT\n  nam FROM t"), HasSubstr("(line 2, column 3)"));
  EXPECT_THAT(message_of("SELCT 1"), HasSubstr("(line 1, column 1)"));
  EXPECT_THAT(message_of("SELECT 1 +"), HasSubstr("(line 1, column 11)"));
  EXPECT_THAT(message_of("SELECT uper(name)\nFROM t"), HasSubstr("(line 1, column 8)"));
  EXPECT_THAT(message_of("CREATE TABLE u\nUSING DELTA AS\nSELECT nam FROM t"),
              HasSubstr("(line 3, column 8)"));
  EXPECT_THAT(message_of("SELECT * FROM t WHERE\n name = 1 + 'x'"), HasSubstr("(line 2, column "));
}

TEST_F(DuckDbEngineTest, TheTimeLimitEndsAStatement) {
  QueryRequest request;
  request.sql = "SELECT sum(a.i * b.i) FROM range(1000000) a(i), range(1000000) b(i)";
  request.limits.timeout_ms = 100;
  EXPECT_EQ(lakehouse::CodeOf([&] {
              auto result = session_->Execute(request);
              std::shared_ptr<arrow::RecordBatch> batch;
              storage::ThrowErrorIn(result.reader->ReadNext(&batch));
            }),
            "LK-4022");
  EXPECT_EQ(Rows("SELECT 1"), "1;");
}

/// Whether it waits, is planned, runs or has ended by then: the statement answers or is cancelled.
TEST_F(DuckDbEngineTest, AStatementThatIsCancelledAtAnyMomentEnds) {
  Run("CREATE TABLE t AS SELECT range AS i FROM range(1000)");
  constexpr auto kStep = std::chrono::microseconds(50);
  std::map<std::string, int> seen;
  for (int step = 0; step < 300; ++step) {
    QueryRequest request;
    request.sql = "SELECT sum(a.i * b.range) FROM t a, range(1000000000) b";
    request.principal = security::LocalPrincipal();
    std::thread cancels([&] {
      std::this_thread::sleep_for(step * kStep);
      request.cancellation.Cancel();
    });
    auto done = std::async(std::launch::async, [&] {
      return lakehouse::CodeOf([&] {
        auto result = session_->Execute(request);
        std::shared_ptr<arrow::RecordBatch> batch;
        storage::ThrowErrorIn(result.reader->ReadNext(&batch));
      });
    });
    cancels.join();
    // Uncancelled it would run for many minutes.
    ASSERT_EQ(done.wait_for(std::chrono::seconds(60)), std::future_status::ready) << step;
    ++seen[done.get()];
  }
  EXPECT_EQ(seen["LK-4023"], 300) << testing::PrintToString(seen);
  EXPECT_GT(seen["LK-4023"], 0);
  EXPECT_EQ(Rows("SELECT count(*) FROM t"), "1000;");
}

TEST_F(DuckDbEngineTest, AFailureBetweenTwoBatchesIsAStatusThatCarriesTheError) {
  auto result =
      Run("SELECT CAST(CASE WHEN i = 900000 THEN 'x' ELSE '1' END AS INTEGER) AS n "
          "FROM range(1000000) r(i)");
  std::shared_ptr<arrow::RecordBatch> batch;
  arrow::Status status;
  int64_t rows = 0;
  while ((status = result.reader->ReadNext(&batch)).ok() && batch) rows += batch->num_rows();
  ASSERT_FALSE(status.ok());
  EXPECT_LT(rows, 900000);
  const auto error = storage::ErrorIn(status);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), "LK-4005");
  EXPECT_EQ(error->kind(), ErrorKind::kInvalidArgument);
  // It does not look like the end of the rows when it is asked again.
  EXPECT_TRUE(storage::ErrorIn(result.reader->ReadNext(&batch)));
  EXPECT_EQ(Rows("SELECT 1"), "1;");
}

TEST_F(DuckDbEngineTest, NamesAndPlansCanBeLookedAt) {
  Run("CREATE TABLE t AS SELECT i FROM range(5) r(i)");
  EXPECT_EQ(Rows("SHOW TABLES"), "main|t|false;");
  EXPECT_NE(Rows("DESCRIBE t").find("i|bigint"), std::string::npos);
  Run("INSERT INTO t SELECT i FROM range(100, 105) r(i)");
  std::string plan = Rows("EXPLAIN SELECT * FROM t WHERE i > 100");
  EXPECT_NE(plan.find("files read 1 of 2"), std::string::npos) << plan;
  EXPECT_NE(Rows("EXPLAIN ANALYZE SELECT * FROM t"), "");
  EXPECT_EQ(Rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'"),
            "t;");
  EXPECT_EQ(Rows("SELECT count(*) FROM lake_path.\"main/t\""), "10;");
  Run("COMMENT ON TABLE t IS 'numbers'");
}

TEST_F(DuckDbEngineTest, NullsAndTypesSurvive) {
  Run("CREATE TABLE w (a TINYINT, b DECIMAL(20,2), c TIMESTAMP, d TIMESTAMPTZ, e BLOB, f BOOLEAN, "
      "g MAP(VARCHAR, INTEGER), h DOUBLE)");
  Run("INSERT INTO w VALUES (-1, 12.34, TIMESTAMP '2013-01-01 05:00:00', "
      "TIMESTAMPTZ '2013-01-01 05:00:00+00', 'x'::BLOB, true, MAP {'k': 1}, 'nan'::DOUBLE), "
      "(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)");
  EXPECT_EQ(Rows("SELECT a, b, epoch(c), epoch(d), e::VARCHAR, f, g['k'], isnan(h) FROM w "
                 "WHERE a IS NOT NULL AND b > 1 AND c >= TIMESTAMP '2013-01-01'"),
            "-1|12.34|1357016400|1357016400|x|true|1|true;");
  EXPECT_EQ(Rows("SELECT count(*) FROM w WHERE a IS NULL AND g IS NULL"), "1;");
}

TEST_F(DuckDbEngineTest, AnotherPrincipalSeesNothing) {
  Run("CREATE TABLE t (i BIGINT)");
  auto other = engine_->OpenSession({"ann", {}});
  QueryRequest request;
  request.sql = "SELECT * FROM t";
  EXPECT_THROW(other->Execute(request), Error);
}

}  // namespace
}  // namespace lakehouse::query::duckdb
