#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "base/metrics.h"
#include "ingestion/job.h"
#include "ingestion/job_lock.h"
#include "ingestion/source_rows.h"
#include "ingestion/temporary_folder.h"
#include "ingestion/test_lake.h"

namespace lakehouse::ingestion {
namespace {

using Json = nlohmann::json;

/// Two runners on one lakehouse, as two processes have them, with a job that waits between attempts
/// until somebody stops it.
class TwoRunnersTest : public testing::Test {
 protected:
  RunnerOptions Options() {
    RunnerOptions options;
    options.max_attempts = 1000;
    options.backoff_base_ms = 20'000;
    options.backoff_max_ms = 20'000;
    options.progress_interval_ms = 5;
    options.lock_directory = folder_.At("locks");
    return options;
  }
  void RegisterWaitingJob() {
    first_.Register(lake_.principal, Json({{"name", "waits"},
                                           {"source_type", "postgresql"},
                                           {"source_config",
                                            {{"host", "127.0.0.1"},
                                             {"port", 1},
                                             {"database", "d"},
                                             {"table", "t"},
                                             {"username", "u"},
                                             {"password", "p"}}},
                                           {"target", "bronze.waits"}})
                                         .dump());
  }
  std::string CsvJob(const std::string& name, const std::string& path) {
    return Json({{"name", name},
                 {"source_type", "csv"},
                 {"source_config", {{"path", path}}},
                 {"target", "bronze." + name}})
        .dump();
  }

  TemporaryFolder folder_;
  TestLake lake_;
  JobRunner first_{lake_.lake, Options()};
  JobRunner second_{lake_.lake, Options()};
};

TEST_F(TwoRunnersTest, OnlyOneOfThemRunsAJob) {
  RegisterWaitingJob();
  const std::string run = first_.Start(lake_.principal, "waits");
  EXPECT_EQ(CodeOf([&] { second_.Start(lake_.principal, "waits"); }), "LK-5011");
  EXPECT_EQ(CodeOf([&] { second_.Remove(lake_.principal, "waits"); }), "LK-5011");
  // The run of the living one was not taken for that of a dead process.
  EXPECT_EQ(second_.Status(lake_.principal, "waits")->run_id, run);
  EXPECT_NE(second_.Status(lake_.principal, "waits")->error_code, "LK-5012");
  EXPECT_TRUE(first_.Stop(lake_.principal, "waits"));
}

TEST_F(TwoRunnersTest, EachCanStopTheOthersRun) {
  RegisterWaitingJob();
  EXPECT_FALSE(second_.Stop(lake_.principal, "waits"));
  first_.Start(lake_.principal, "waits");
  EXPECT_TRUE(second_.Stop(lake_.principal, "waits"));
  EXPECT_EQ(second_.Status(lake_.principal, "waits")->state, "cancelled");
  // The wish does not outlive its run.
  first_.Start(lake_.principal, "waits");
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_EQ(first_.Status(lake_.principal, "waits")->state, "retrying");
  EXPECT_TRUE(second_.Stop(lake_.principal, "waits"));
}

TEST_F(TwoRunnersTest, SaysWhenTheOtherDoesNotStopInTime) {
  RegisterWaitingJob();
  RunnerOptions hasty = Options();
  hasty.stop_timeout_ms = 0;
  JobRunner third(lake_.lake, hasty);
  const std::string id = first_.List(lake_.principal).at(0).id;
  const auto held = JobLock::TryTake(hasty.lock_directory, id);
  EXPECT_EQ(CodeOf([&] { third.Stop(lake_.principal, "waits"); }), "LK-5013");
}

TEST_F(TwoRunnersTest, ARemovedJobLeavesNoFile) {
  folder_.Write("a.csv", "id\n1\n");
  const std::string id = first_.Register(lake_.principal, CsvJob("t", folder_.At("a.csv")));
  ASSERT_EQ(first_.Run(lake_.principal, "t").state, "succeeded");
  second_.Remove(lake_.principal, "t");
  EXPECT_TRUE(std::filesystem::is_empty(folder_.At("locks")));
}

TEST_F(TwoRunnersTest, TellsHowARunGoes) {
  std::string text = "id,name\n";
  for (int i = 0; i < 400'000; ++i) text += std::to_string(i) + ",somebody\n";
  folder_.Write("a.csv", text);
  first_.Register(lake_.principal, CsvJob("t", folder_.At("a.csv")));
  std::vector<RunStatus> seen;
  const RunStatus end = first_.Run(lake_.principal, "t", [&](const RunStatus& status) {
    seen.push_back(status);
    return true;
  });
  ASSERT_EQ(end.state, "succeeded") << end.error_message;
  EXPECT_EQ(end.metrics.bytes_read, static_cast<int64_t>(text.size()));
  ASSERT_FALSE(seen.empty());
  for (size_t i = 1; i < seen.size(); ++i) {
    EXPECT_GE(seen[i].metrics.rows_read, seen[i - 1].metrics.rows_read);
    EXPECT_LE(seen[i].fraction, 1);
  }
}

TEST_F(TwoRunnersTest, ACallbackCanCancel) {
  RegisterWaitingJob();
  const RunStatus end =
      first_.Run(lake_.principal, "waits", [](const RunStatus&) { return false; });
  EXPECT_EQ(end.state, "cancelled");
}

TEST_F(TwoRunnersTest, CountsBytesRunsAndRetries) {
  folder_.Write("a.csv", "id\n1\n");
  first_.Register(lake_.principal, CsvJob("t", folder_.At("a.csv")));
  first_.Run(lake_.principal, "t");
  RegisterWaitingJob();
  first_.Run(lake_.principal, "waits",
             [](const RunStatus& status) { return status.state != "retrying"; });
  const std::string text = Metrics::Instance().Text();
  EXPECT_NE(text.find("lakehouse_ingestion_read_bytes_total"), std::string::npos);
  EXPECT_NE(text.find("lakehouse_jobs_retries_total{kind=\"ingestion\",reason=\"transient\"}"),
            std::string::npos);
  EXPECT_NE(text.find("lakehouse_jobs_runs_total{kind=\"ingestion\",result=\"cancelled\"}"),
            std::string::npos);
  EXPECT_NE(text.find("lakehouse_jobs_active_runs{kind=\"ingestion\"} 0"), std::string::npos);
}

TEST(JobLockTest, EndsWithItsProcess) {
  TemporaryFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    const auto lock = JobLock::TryTake(folder.path(), "job");
    raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto lock = JobLock::TryTake(folder.path(), "job");
  ASSERT_NE(lock, nullptr);
  EXPECT_EQ(JobLock::TryTake(folder.path(), "job"), nullptr);
  EXPECT_NE(JobLock::TryTake(folder.path(), "other"), nullptr);
  EXPECT_FALSE(lock->stop_requested());
  JobLock::RequestStop(folder.path(), "job");
  EXPECT_TRUE(lock->stop_requested());
}

TEST(JobLockTest, NamesAFolderThatCannotBeWritten) {
  EXPECT_EQ(CodeOf([] { JobLock::TryTake("/proc/locks-of-nobody", "job"); }), "LK-8007");
}

}  // namespace
}  // namespace lakehouse::ingestion
