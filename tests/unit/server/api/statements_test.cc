#include "server/api/statements.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "error_code.h"
#include "server/api/result_stream.h"

namespace lakehouse::server::api {
namespace {

/// "rows N" gives N rows, "wait" waits until it is cancelled, anything else fails.
class FakeSession : public query::Session {
 public:
  query::QueryResult Execute(const query::QueryRequest& request) override {
    if (request.sql == "wait") {
      while (!request.cancellation.cancelled()) std::this_thread::yield();
      request.cancellation.ThrowIfStopped();
    }
    if (!request.sql.starts_with("rows ")) {
      throw Error(ErrorKind::kInvalidArgument, "LK-4001", "no");
    }
    arrow::Int64Builder numbers;
    for (int64_t i = 0; i < std::stoll(request.sql.substr(5)); ++i) {
      EXPECT_TRUE(numbers.Append(i).ok());
    }
    const auto schema = arrow::schema({arrow::field("n", arrow::int64())});
    const auto column = *numbers.Finish();
    query::QueryResult result;
    result.reader = *arrow::RecordBatchReader::Make(
        {arrow::RecordBatch::Make(schema, column->length(), {column})}, schema);
    result.query_id = "q";
    return result;
  }
  query::StatementDescription Describe(const query::QueryRequest&) override { return {}; }
  std::optional<double> Progress() const override { return 0.25; }
  std::string current_schema() const override { return "main"; }
  std::string time_zone() const override { return "UTC"; }
};

class FakeEngine : public query::QueryEngine {
 public:
  std::string name() const override { return "fake"; }
  std::unique_ptr<query::Session> OpenSession(const security::Principal&) override {
    return std::make_unique<FakeSession>();
  }
  void CompactAfterWrite(const security::Principal&, std::shared_ptr<storage::Table>,
                         const CancellationToken&) override {}
  void Ping() override {}
};

const security::Principal kAnn{"ann", {}};
const security::Principal kBob{"bob", {}};
const security::Principal kAdmin{"root", {security::kAdminRole}};

class StatementsTest : public ::testing::Test {
 protected:
  std::unique_ptr<Statements> Make(StatementLimits limits = {}) {
    return std::make_unique<Statements>([this]() -> query::QueryEngine& { return engine_; },
                                        limits);
  }
  static query::QueryRequest Request(const std::string& sql,
                                     const security::Principal& principal = kAnn) {
    query::QueryRequest request;
    request.sql = sql;
    request.principal = principal;
    return request;
  }
  static StatementStatus End(Statements& all, const std::string& id) {
    while (all.Status(kAdmin, id).running())
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return all.Status(kAdmin, id);
  }
  FakeEngine engine_;
};

TEST_F(StatementsTest, KeepsTheResultForWhoStartedIt) {
  const auto all = Make();
  const std::string id = all->Start(Request("rows 5"));
  const StatementStatus ended = End(*all, id);
  EXPECT_EQ(ended.state, "succeeded");
  EXPECT_EQ(ended.row_count, 5);
  EXPECT_EQ(NextBatch(*all->Result(kAnn, id).reader)->num_rows(), 5);
  EXPECT_EQ(NextBatch(*all->Result(kAdmin, id).reader)->num_rows(), 5);  // as often as wanted
  EXPECT_EQ(CodeOf([&] { all->Status(kBob, id); }), "LK-6012");
  EXPECT_EQ(all->List(kBob).size(), 0U);
  EXPECT_EQ(all->List(kAnn).size(), 1U);
  all->Delete(kAnn, id);
  EXPECT_EQ(CodeOf([&] { all->Status(kAnn, id); }), "LK-6012");
}

TEST_F(StatementsTest, CancelsAndFails) {
  const auto all = Make();
  const std::string waiting = all->Start(Request("wait"));
  EXPECT_EQ(CodeOf([&] { all->Result(kAnn, waiting); }), "LK-6016");
  all->Delete(kAnn, waiting);
  EXPECT_EQ(End(*all, waiting).state, "cancelled");
  const std::string wrong = all->Start(Request("x"));
  EXPECT_EQ(End(*all, wrong).state, "failed");
  EXPECT_EQ(CodeOf([&] { all->Result(kAnn, wrong); }), "LK-4001");
}

TEST_F(StatementsTest, RefusesMoreThanItsLimits) {
  const auto all = Make({.max_statements = 2, .max_result_bytes = 100});
  const std::string first = all->Start(Request("rows 1000"));
  EXPECT_EQ(End(*all, first).error->code(), "LK-6015");
  all->Start(Request("wait"));
  all->Start(Request("wait"));  // takes the place of the first
  EXPECT_EQ(CodeOf([&] { all->Status(kAnn, first); }), "LK-6012");
  EXPECT_EQ(CodeOf([&] { all->Start(Request("wait")); }), "LK-6011");
}  // what waits is cancelled

TEST_F(StatementsTest, ForgetsOldResults) {
  const auto all = Make({.keep_ms = -1});
  const std::string id = all->Start(Request("rows 1"));
  std::string code;
  while (code.empty()) code = CodeOf([&] { all->Status(kAnn, id); });
  EXPECT_EQ(code, "LK-6012");
}

}  // namespace
}  // namespace lakehouse::server::api
