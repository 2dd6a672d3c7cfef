#include <arrow/api.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "query/engines/duckdb/admission.h"
#include "query/engines/duckdb/duckdb_engine.h"
#include "query/engines/duckdb/instance_pool.h"
#include "query/open_lake.h"
#include "storage/arrow_status.h"
#include "temporary_directory.h"

namespace lakehouse::query::duckdb {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMegabyte = int64_t{1} << 20;

class DuckDbLimitsTest : public testing::Test {
 protected:
  DuckDbLimitsTest() {
    lake_ = OpenLake(directory_, io::MakeLocalStore(directory_ / "data"), random_);
  }
  std::unique_ptr<QueryEngine> Open(const std::string& spill = "") {
    return OpenDuckDbEngine(lake_, {.threads = 2,
                                    .memory_bytes = 1024 * kMegabyte,
                                    .temp_directory = spill,
                                    .max_running = 2});
  }
  static QueryResult Start(Session& session, const std::string& sql, int64_t memory_bytes = 0) {
    QueryRequest request;
    request.sql = sql;
    request.principal = security::LocalPrincipal();
    request.limits.memory_bytes = memory_bytes;
    return session.Execute(request);
  }
  /// The rows of the rest, and the first cell of the last batch as text.
  static std::pair<int64_t, std::string> Read(QueryResult& result) {
    std::pair<int64_t, std::string> answer;
    std::shared_ptr<arrow::RecordBatch> batch;
    while (true) {
      storage::ThrowErrorIn(result.reader->ReadNext(&batch));
      if (!batch) return answer;
      answer.first += batch->num_rows();
      answer.second = batch->column(0)->GetScalar(0).ValueOrDie()->ToString();
    }
  }
  static std::string Run(Session& session, const std::string& sql, int64_t memory_bytes = 0) {
    auto result = Start(session, sql, memory_bytes);
    return Read(result).second;
  }

  TemporaryDirectory directory_;
  SeededRandom random_{5};
  std::shared_ptr<catalog::Lake> lake_;
};

/// Its state cannot be spilled.
constexpr char kLargeState[] =
    "SELECT CAST(sum(len(l)) AS BIGINT) FROM "
    "(SELECT list(i) AS l FROM range(8000000) r(i) GROUP BY i % 3)";

TEST_F(DuckDbLimitsTest, AStatementEndsAtItsOwnLimitOfMemoryAndOthersGoOn) {
  auto engine = Open();
  auto first = engine->OpenSession(security::LocalPrincipal());
  auto second = engine->OpenSession(security::LocalPrincipal());
  auto running = Start(*first, "SELECT i FROM range(3000000) r(i)");
  std::shared_ptr<arrow::RecordBatch> batch;
  ASSERT_TRUE(running.reader->ReadNext(&batch).ok());
  EXPECT_EQ(CodeOf([&] { Run(*second, kLargeState, 32 * kMegabyte); }), "LK-4021");
  EXPECT_EQ(Read(running).first + batch->num_rows(), 3000000);
  EXPECT_EQ(Run(*second, kLargeState), "8000000");
}

TEST_F(DuckDbLimitsTest, WithoutALimitAStatementHasAnEqualShareOfTheMemory) {
  auto engine =
      OpenDuckDbEngine(lake_, {.threads = 2, .memory_bytes = 1024 * kMegabyte, .max_running = 32});
  auto session = engine->OpenSession(security::LocalPrincipal());
  EXPECT_EQ(CodeOf([&] { Run(*session, kLargeState); }), "LK-4021");
  EXPECT_EQ(Run(*session, kLargeState, 512 * kMegabyte), "8000000");
}

TEST_F(DuckDbLimitsTest, ALimitBeyondTheEnginesMemoryIsAllOfIt) {
  auto engine = Open();
  auto session = engine->OpenSession(security::LocalPrincipal());
  EXPECT_EQ(Run(*session, "SELECT 1", INT64_MAX), "1");
}

TEST_F(DuckDbLimitsTest, ASessionKeepsWhatItSetWhenItMovesToAnotherInstance) {
  auto engine = Open();
  auto first = engine->OpenSession(security::LocalPrincipal());
  auto second = engine->OpenSession(security::LocalPrincipal());
  Run(*second, "CREATE SCHEMA s");
  Run(*second, "CREATE TABLE s.t AS SELECT 7 AS n");
  Run(*second, "USE s");
  Run(*second, "SET TimeZone = 'Asia/Tokyo'");
  auto running = Start(*first, "SELECT i FROM range(3000000) r(i)");
  EXPECT_EQ(Run(*second, "SELECT n FROM t"), "7");
  EXPECT_EQ(second->current_schema(), "s");
  EXPECT_EQ(Run(*second, "SELECT CAST(TIMESTAMPTZ '2013-01-01 00:00:00+00' AS VARCHAR)"),
            "2013-01-01 09:00:00+09");
  EXPECT_EQ(Read(running).first, 3000000);
}

TEST_F(DuckDbLimitsTest, AStatementSpillsToAFolderOfItsOwn) {
  const std::string spill = directory_ / "spill";
  const fs::path left = fs::path(spill) / "engine-killed";
  fs::create_directories(left);
  std::ofstream(left / "in_use");
  std::ofstream(left / "duckdb_temp_storage-0.tmp") << "rest of a killed process";
  const auto folders = [&] {
    return std::distance(fs::directory_iterator(spill), fs::directory_iterator{});
  };
  {
    auto engine = Open(spill);
    auto other = Open(spill);
    EXPECT_FALSE(fs::exists(left));
    EXPECT_EQ(folders(), 2);
    auto session = engine->OpenSession(security::LocalPrincipal());
    EXPECT_EQ(Run(*session,
                  "SELECT count(*) FROM (SELECT i, hash(i) AS h FROM range(6000000) r(i) "
                  "ORDER BY h OFFSET 10)",
                  64 * kMegabyte),
              "5999990");
  }
  EXPECT_EQ(folders(), 0);
}

/// Rows that OPTIMIZE orders, some 200 MB.
constexpr char kUnordered[] =
    "CREATE TABLE t AS SELECT hash(i) % 1000000007 AS a, hash(-i) % 1000000007 AS b, 'text of row "
    "' || i AS s "
    "FROM range(3000000) r(i)";
constexpr char kSums[] =
    "SELECT CAST(sum(a) AS VARCHAR) || ' ' || sum(b) || ' ' || count(DISTINCT s) FROM t";

TEST_F(DuckDbLimitsTest, OptimizeSpillsWhatDoesNotFitItsOwnLimit) {
  auto engine = OpenDuckDbEngine(lake_, {.threads = 2,
                                         .memory_bytes = 1024 * kMegabyte,
                                         .temp_directory = directory_ / "spill",
                                         .optimize_bytes = 100 * kMegabyte,
                                         .max_running = 1});
  auto session = engine->OpenSession(security::LocalPrincipal());
  Run(*session, kUnordered);
  const auto before = Run(*session, kSums);
  Run(*session, "OPTIMIZE t ZORDER BY (a, b)");
  EXPECT_EQ(Run(*session, kSums), before);
  EXPECT_EQ(Run(*session, kLargeState), "8000000");  // the limit was that of OPTIMIZE alone
}

TEST_F(DuckDbLimitsTest, OptimizeWithoutRoomFailsAndTheTableStays) {
  auto engine = Open();  // nowhere to spill
  auto session = engine->OpenSession(security::LocalPrincipal());
  Run(*session, kUnordered);
  const auto before = Run(*session, kSums);
  EXPECT_EQ(CodeOf([&] { Run(*session, "OPTIMIZE t ZORDER BY (a, b)", 48 * kMegabyte); }),
            "LK-4021");
  EXPECT_EQ(Run(*session, kSums), before);
}

TEST(InstancePool, ABrokenInstanceIsNotHandedOutAgain) {
  InstancePool pool("lake", {.threads = 1, .memory_bytes = 256 * kMegabyte});
  auto broken = pool.Take(nullptr);
  auto other = pool.Take(broken.instance);
  EXPECT_NE(other.instance, broken.instance);
  EXPECT_EQ(pool.Any(broken.instance), broken.instance);
  pool.Forget(broken.instance);
  EXPECT_NE(pool.Any(broken.instance), broken.instance);
  broken.handle.reset();
  EXPECT_NE(pool.Take(broken.instance).instance, broken.instance);
  other.handle.reset();
  EXPECT_EQ(pool.Take(other.instance).instance, other.instance);
}

TEST(Admission, MemoryIsGivenOutInTheOrderOfArrival) {
  Admission admission(4, 1, 100);
  EXPECT_EQ(admission.ShareOf(0), 25);
  EXPECT_EQ(admission.ShareOf(60), 60);
  EXPECT_EQ(admission.ShareOf(1000), 100);
  auto first = admission.Enter({}, {}, 60);
  auto second = admission.Enter({}, {}, 40);
  std::atomic<bool> entered = false;
  std::thread waiting([&] {
    while (!entered) {
      const auto code = CodeOf([&] {
        const auto place = admission.Enter({}, {}, 50);
        entered = true;
      });
      EXPECT_TRUE(code.empty() || code == "LK-4020") << code;  // the other one was in the queue
    }
  });
  // The queue has room for one.
  std::string code;
  while (code.empty()) {
    const auto soon = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
    code = CodeOf([&] { admission.Enter({}, soon, 1); });
    if (code == "LK-4022") code.clear();  // it came before the other one
  }
  EXPECT_EQ(code, "LK-4020");
  second.reset();
  EXPECT_FALSE(entered);
  first.reset();
  waiting.join();
  EXPECT_TRUE(entered);
}

}  // namespace
}  // namespace lakehouse::query::duckdb
