#include <arrow/api.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "io/fault_store.h"
#include "query/engines/duckdb/duckdb_engine.h"
#include "query/engines/duckdb/errors.h"
#include "query/engines/duckdb/instance.h"
#include "query/open_lake.h"
#include "storage/arrow_status.h"
#include "temporary_directory.h"

namespace lakehouse::query::duckdb {
namespace {

class DuckDbFaultsTest : public testing::Test {
 protected:
  DuckDbFaultsTest() { Open(); }
  /// As a new process on what lies in the store.
  void Open() {
    engine_.reset();
    lake_.reset();
    lake_ = OpenLake(directory_, store_, SystemRandom());
    engine_ = OpenDuckDbEngine(lake_, {.threads = 2, .memory_bytes = 1 << 30});
  }
  int64_t Run(const std::string& sql) {
    QueryRequest request;
    request.sql = sql;
    request.principal = security::LocalPrincipal();
    auto result = engine_->OpenSession(request.principal)->Execute(request);
    auto rows = result.reader->ToTable();
    storage::ThrowErrorIn(rows.status());
    if (!rows.ok()) throw Error(ErrorKind::kIoError, "LK-0001", rows.status().ToString());
    if ((*rows)->num_rows() == 0 || (*rows)->num_columns() == 0) return 0;
    const auto cell = (*rows)->column(0)->GetScalar(0).ValueOrDie();
    return std::static_pointer_cast<arrow::Int64Scalar>(cell)->value;
  }

  TemporaryDirectory directory_;
  std::shared_ptr<io::FaultStore> store_ =
      std::make_shared<io::FaultStore>(io::MakeLocalStore(directory_ / "data"), SystemClock());
  std::shared_ptr<catalog::Lake> lake_;
  std::unique_ptr<QueryEngine> engine_;
};

TEST_F(DuckDbFaultsTest, ALostReplyWithNothingThereStaysUnknown) {
  Run("CREATE TABLE t AS SELECT 1::BIGINT AS i");
  io::Fault lost;
  lost.error = Error(ErrorKind::kCommitStateUnknown, "LK-8006", "the reply was lost");
  lost.writes_only = true;
  bool seen = false;
  for (int64_t call = 0; call < 40 && !seen; ++call) {
    lost.first_call = call;
    store_->Reset();
    store_->Inject(lost);
    seen = lakehouse::CodeOf([&] { Run("INSERT INTO t VALUES (2)"); }) == "LK-4014";
  }
  store_->Reset();
  EXPECT_TRUE(seen);
  EXPECT_GE(Run("SELECT count(*) FROM t"), 1);
}

TEST_F(DuckDbFaultsTest, EveryFailingCallGivesAnErrorAndLeavesTheTableWhole) {
  Run("CREATE TABLE t AS SELECT range AS i FROM range(100)");
  for (int64_t call = 0;; ++call) {
    ASSERT_LT(call, 500);
    io::Fault fault;
    fault.first_call = call;
    store_->Reset();
    store_->Inject(fault);
    lakehouse::CodeOf([&] { Run("UPDATE t SET i = i + 1"); });
    const bool reached = store_->calls() > call;
    store_->Reset();
    ASSERT_EQ(Run("SELECT count(*) FROM t"), 100) << "call " << call;
    if (!reached) break;
  }
}

TEST_F(DuckDbFaultsTest, EveryFailingCallOfADeletionVectorLeavesTheTableWhole) {
  Run("CREATE TABLE t (i BIGINT) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', "
      "'delta.enableChangeDataFeed' = 'true', 'delta.constraints.c' = 'i >= 0')");
  Run("INSERT INTO t SELECT range FROM range(100)");
  for (int64_t call = 0;; ++call) {
    ASSERT_LT(call, 500);
    io::Fault fault;
    fault.first_call = call;
    store_->Reset();
    store_->Inject(fault);
    const std::string told =
        lakehouse::CodeOf([&] { Run("UPDATE t SET i = i + 10 WHERE i % 10 = 3"); });
    const bool reached = store_->calls() > call;
    store_->Reset();
    ASSERT_EQ(Run("SELECT count(*) FROM t"), 100) << "call " << call << " " << told;
    ASSERT_EQ(Run("SELECT count(*) FROM t WHERE i % 10 = 3"), 10) << "call " << call;
    if (!reached) break;
  }
  // Every update that is in the table is in its change feed, whole.
  EXPECT_EQ(Run("SELECT count(*) FROM (SELECT _commit_version AS v FROM table_changes('main.t', 2) "
                "GROUP BY ALL HAVING count(*) <> 20)"),
            0);
}

/// A creation whose reply is lost, with and without a store that answers afterwards.
TEST_F(DuckDbFaultsTest, EveryLostReplyOfACreationLeavesItWholeOrAbsent) {
  for (const bool down : {false, true}) {
    bool reached = true;
    for (int64_t call = 0; reached; ++call) {
      ASSERT_LT(call, 500);
      const std::string name = "t" + std::to_string(call) + (down ? "d" : "");
      io::Fault lost;
      lost.effect = io::Fault::Effect::kLoseReply;
      lost.first_call = call;
      io::Fault gone;
      gone.first_call = call + 1;
      gone.calls = io::Fault::kForever;
      store_->Reset();
      store_->Inject(lost);
      if (down) store_->Inject(gone);
      const std::string told = lakehouse::CodeOf(
          [&] { Run("CREATE TABLE " + name + " AS SELECT range AS i FROM range(10)"); });
      reached = store_->injected() > 0;
      store_->Reset();
      Open();
      int64_t rows = 0;
      const std::string found =
          lakehouse::CodeOf([&] { rows = Run("SELECT count(*) FROM " + name); });
      ASSERT_EQ(rows, found.empty() ? 10 : 0) << "call " << call << " " << told << " " << found;
      ASSERT_TRUE(found.empty() || (found == "LK-2012" && !told.empty())) << found;
    }
  }
}

TEST_F(DuckDbFaultsTest, WritersOfOneTableAllSucceed) {
  Run("CREATE TABLE t AS SELECT range AS i, 0::BIGINT AS n FROM range(4)");
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&, w] {
      for (int k = 0; k < 2; ++k) Run("UPDATE t SET n = n + 1 WHERE i = " + std::to_string(w));
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(Run("SELECT sum(n)::BIGINT FROM t"), 8);
}

TEST(DuckDbErrorsTest, AnInternalErrorIsFatal) {
  dk::ErrorData error(dk::ExceptionType::INTERNAL, "broken");
  EXPECT_TRUE(IsFatal(error));
  EXPECT_EQ(Translate(error, nullptr, "").code(), "LK-4030");
}

TEST(DuckDbErrorsTest, AnotherBuildIsRefused) {
  EXPECT_EQ(lakehouse::CodeOf([] { CheckBuild("d8cdaa33fd", "d8cdaa33fd"); }), "");
  EXPECT_EQ(lakehouse::CodeOf([] { CheckBuild("d8cdaa33fd", "d8cdaa33fdffff"); }), "");
  EXPECT_EQ(lakehouse::CodeOf([] { CheckBuild("0123456789", "d8cdaa33fd"); }), "LK-4031");
  EXPECT_EQ(lakehouse::CodeOf([] { CheckBuild("", "d8cdaa33fd"); }), "LK-4031");
}

}  // namespace
}  // namespace lakehouse::query::duckdb
