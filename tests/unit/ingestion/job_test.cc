#include "ingestion/job.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "base/metrics.h"
#include "ingestion/backoff.h"
#include "ingestion/job_spec.h"
#include "ingestion/progress.h"
#include "ingestion/run_record.h"
#include "ingestion/source_rows.h"
#include "ingestion/target.h"
#include "ingestion/temporary_folder.h"
#include "ingestion/test_lake.h"

namespace lakehouse::ingestion {
namespace {

using Json = nlohmann::json;

class JobTest : public testing::Test {
 protected:
  static RunnerOptions Quick() {
    RunnerOptions options;
    options.max_attempts = 3;
    options.backoff_base_ms = 1;
    options.backoff_max_ms = 5;
    return options;
  }
  std::string CsvJob(const std::string& name, const std::string& path, Json more = {}) {
    Json job = {{"name", name},
                {"source_type", "csv"},
                {"source_config", {{"path", path}}},
                {"target", "bronze." + name}};
    if (more.is_object()) job.update(more);
    return job.dump();
  }
  RunStatus RegisterAndRun(const std::string& json) {
    return runner_.Run(lake_.principal, runner_.Register(lake_.principal, json));
  }

  TemporaryFolder folder_;
  TestLake lake_;
  JobRunner runner_{lake_.lake, Quick()};
};

TEST_F(JobTest, LoadsEveryFileOnceAndSaysSo) {
  folder_.Write("d/a.csv", "id,name\n1,a\n2,b\n");
  folder_.Write("d/b.csv", "id,name\n3,c\n");
  const std::string job = CsvJob("people", folder_.At("d"));
  const RunStatus first = RegisterAndRun(job);
  ASSERT_EQ(first.state, "succeeded") << first.error_message;
  EXPECT_EQ(first.metrics.rows_written, 3);
  EXPECT_EQ(first.metrics.files_read, 2);
  const RunStatus second = RegisterAndRun(job);
  EXPECT_EQ(second.state, "succeeded");
  EXPECT_EQ(second.metrics.files_skipped, 2);
  EXPECT_EQ(second.metrics.rows_written, 0);
  EXPECT_EQ(second.metrics.table_version, -1);
  folder_.Write("d/c.csv", "id,name\n4,d\n");
  const RunStatus third = RegisterAndRun(job);
  EXPECT_EQ(third.metrics.rows_written, 1);
  EXPECT_EQ(third.metrics.files_skipped, 2);
  EXPECT_EQ(lake_.Rows("bronze.people"), 4);
  const auto snapshot = lake_.TableOf("bronze.people")->Latest();
  EXPECT_EQ(snapshot->transactions().at("lakehouse/people").version, 2);
  EXPECT_TRUE(snapshot->domains().contains("lakehouse.ingest.people"));
}

TEST_F(JobTest, ProgressSurvivesALostRegistry) {
  folder_.Write("a.csv", "id\n1\n");
  ASSERT_EQ(RegisterAndRun(CsvJob("t", folder_.At("a.csv"))).metrics.rows_written, 1);
  runner_.Remove(lake_.principal, "t");
  JobRunner other(lake_.lake, Quick());
  other.Register(lake_.principal, CsvJob("t", folder_.At("a.csv")));
  EXPECT_EQ(other.Run(lake_.principal, "t").metrics.files_skipped, 1);
  EXPECT_EQ(lake_.Rows("bronze.t"), 1);
}

TEST_F(JobTest, OverwriteReplacesAllRows) {
  folder_.Write("a.csv", "id\n1\n2\n");
  const std::string job = CsvJob("t", folder_.At("a.csv"), {{"write_mode", "overwrite"}});
  ASSERT_EQ(RegisterAndRun(job).state, "succeeded");
  const RunStatus again = RegisterAndRun(job);
  EXPECT_EQ(again.metrics.rows_written, 2) << again.error_message;
  EXPECT_EQ(lake_.Rows("bronze.t"), 2);
}

TEST_F(JobTest, QuarantinesBadRowsBelowTheThreshold) {
  folder_.Write("a.csv", "id,name\n1,a\n2\n3,c\n4,d\n");
  const RunStatus run =
      RegisterAndRun(CsvJob("t", folder_.At("a.csv"), {{"error_threshold", 0.5}}));
  ASSERT_EQ(run.state, "succeeded") << run.error_message;
  EXPECT_EQ(run.metrics.rows_quarantined, 1);
  EXPECT_EQ(run.metrics.rows_written, 3);
  EXPECT_EQ(lake_.Values("bronze.t_quarantine", "line").count("3"), 1U);
  EXPECT_EQ(lake_.Values("bronze.t_quarantine", "run_id").count(run.run_id), 1U);
}

TEST_F(JobTest, CommitsNothingAboveTheThreshold) {
  folder_.Write("a.csv", "id,name\n1,a\n2\n");
  const RunStatus run = RegisterAndRun(CsvJob("t", folder_.At("a.csv")));
  EXPECT_EQ(run.state, "failed");
  EXPECT_EQ(run.error_code, "LK-5030");
  EXPECT_FALSE(lake_.Exists("bronze.t"));
  EXPECT_EQ(lake_.Rows("bronze.t_quarantine"), 1);
}

TEST_F(JobTest, LeavesNothingBehindAfterADamagedFile) {
  folder_.Write("d/a.csv", "id\n1\n");
  std::string text = "id\n";
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i * 7919) + "\n";
  const std::string zip = folder_.WriteZip("d/b.zip", {{"b.csv", text}});
  folder_.Cut(zip, std::filesystem::file_size(zip) / 2);
  const RunStatus run = RegisterAndRun(CsvJob("t", folder_.At("d")));
  EXPECT_EQ(run.error_code, "LK-5031");
  EXPECT_EQ(run.attempt, 1);
  EXPECT_FALSE(lake_.Exists("bronze.t"));
  EXPECT_TRUE(lake_.store->List("", {.recursive = true}).empty());
}

TEST_F(JobTest, RescuesIntoAnExistingTable) {
  folder_.Write("d/a.csv", "id,n\n1,1\n");
  ASSERT_EQ(RegisterAndRun(CsvJob("t", folder_.At("d"))).state, "succeeded");
  folder_.Write("d/b.csv", "id,n,late\n2,x,y\n");
  const RunStatus run = RegisterAndRun(CsvJob("t", folder_.At("d")));
  ASSERT_EQ(run.state, "succeeded") << run.error_message;
  EXPECT_EQ(run.metrics.rows_rescued, 1);
  EXPECT_EQ(
      lake_.Values("bronze.t", "_rescued_data")
          .count("{\"n\":\"x\",\"late\":\"y\",\"_file_path\":\"" + folder_.At("d/b.csv") + "\"}"),
      1U);
}

TEST_F(JobTest, RegistersEqualConfigurationsOnce) {
  folder_.Write("a.csv", "id\n1\n");
  const std::string job = CsvJob("t", folder_.At("a.csv"));
  const std::string id = runner_.Register(lake_.principal, job);
  EXPECT_EQ(runner_.Register(lake_.principal, job), id);
  EXPECT_EQ(runner_.Register(lake_.principal, CsvJob("t", folder_.At("b.csv"))), id);
  ASSERT_EQ(runner_.List(lake_.principal).size(), 1U);
  EXPECT_NE(runner_.List(lake_.principal)[0].configuration.find("b.csv"), std::string::npos);
}

TEST_F(JobTest, KeepsHistoryNewestFirst) {
  folder_.Write("a.csv", "id\n1\n");
  EXPECT_EQ(CodeOf([&] { runner_.Status(lake_.principal, "t"); }), "LK-5010");
  runner_.Register(lake_.principal, CsvJob("t", folder_.At("a.csv")));
  EXPECT_FALSE(runner_.Status(lake_.principal, "t").has_value());
  runner_.Run(lake_.principal, "t");
  const RunStatus last = runner_.Run(lake_.principal, "t");
  const auto history = runner_.History(lake_.principal, "t", 10);
  ASSERT_EQ(history.size(), 2U);
  EXPECT_EQ(history[0].run_id, last.run_id);
  EXPECT_EQ(history[1].metrics.rows_written, 1);
  EXPECT_EQ(runner_.Status(lake_.principal, "t")->state, "succeeded");
}

TEST_F(JobTest, NeedsTheRightToManageAndRun) {
  folder_.Write("a.csv", "id\n1\n");
  const security::Principal guest{.name = "guest", .roles = {}};
  EXPECT_EQ(CodeOf([&] { runner_.Register(guest, CsvJob("t", folder_.At("a.csv"))); }), "LK-2101");
  runner_.Register(lake_.principal, CsvJob("t", folder_.At("a.csv")));
  EXPECT_EQ(CodeOf([&] { runner_.Run(guest, "t"); }), "LK-2101");
  EXPECT_EQ(CodeOf([&] { runner_.Remove(guest, "t"); }), "LK-2101");
  bool denied = false;
  for (const auto& record : lake_.audit->records) {
    denied |= record.principal == "guest" && record.object == "job t" && !record.allowed;
  }
  EXPECT_TRUE(denied);
}

TEST_F(JobTest, StopCancelsARunningJobAndOnlyOneRunIsActive) {
  // A pipe without a writer blocks; a job that waits for its next attempt does as well, and ends
  // sooner.
  RunnerOptions slow = Quick();
  slow.max_attempts = 1000;
  slow.backoff_base_ms = 20'000;
  slow.backoff_max_ms = 20'000;
  JobRunner runner(lake_.lake, slow);
  runner.Register(lake_.principal, Json({{"name", "pg"},
                                         {"source_type", "postgresql"},
                                         {"source_config",
                                          {{"host", "127.0.0.1"},
                                           {"port", 1},
                                           {"database", "d"},
                                           {"table", "t"},
                                           {"username", "u"},
                                           {"password", "p"}}},
                                         {"target_path", "/data/bronze/customer_data"}})
                                       .dump());
  EXPECT_FALSE(runner.Stop(lake_.principal, "pg"));
  runner.Start(lake_.principal, "pg");
  EXPECT_EQ(CodeOf([&] { runner.Start(lake_.principal, "pg"); }), "LK-5011");
  EXPECT_EQ(CodeOf([&] { runner.Remove(lake_.principal, "pg"); }), "LK-5011");
  EXPECT_TRUE(runner.Stop(lake_.principal, "pg"));
  EXPECT_EQ(runner.Status(lake_.principal, "pg")->state, "cancelled");
}

TEST_F(JobTest, PutsTheTableAtItsTargetPath) {
  const TemporaryFolder place;
  TestLake lake(io::MakeMemoryStore(), {place.path()});
  JobRunner runner(lake.lake, Quick());
  const auto run = [&](const Json& target) {
    Json job = {
        {"name", "t"}, {"source_type", "csv"}, {"source_config", {{"path", folder_.At("*.csv")}}}};
    job.update(target);
    return runner.Run(lake.principal, runner.Register(lake.principal, job.dump()));
  };
  folder_.Write("a.csv", "id\n1\n");
  const RunStatus first = run({{"target_path", place.At("bronze/t")}});
  ASSERT_EQ(first.state, "succeeded") << first.error_message;
  EXPECT_TRUE(std::filesystem::exists(place.At("bronze/t/_delta_log")));
  folder_.Write("b.csv", "id\n2\n");
  EXPECT_EQ(run({{"target_path", place.At("bronze/t")}}).metrics.rows_written, 1);
  EXPECT_EQ(run({{"target", "bronze.t"}}).state, "succeeded");
  EXPECT_EQ(lake.Rows("bronze.t"), 2);
  EXPECT_EQ(run({{"target_path", place.At("other/bronze/t")}}).error_code, "LK-5002");
  EXPECT_EQ(run({{"target_path", "/nowhere/allowed/t2"}}).error_code, "LK-8009");
  EXPECT_FALSE(lake.Exists("allowed.t2"));
}

TEST_F(JobTest, AFinishedRunMakesRoomForTheNextAtOnce) {
  folder_.Write("a.csv", "id\n1\n");
  runner_.Register(lake_.principal, CsvJob("t", folder_.At("a.csv")));
  const auto ended = [&](const std::string& run_id) {
    const auto runs = runner_.History(lake_.principal, "t", 100);
    return std::any_of(runs.begin(), runs.end(), [&](const RunStatus& run) {
      return run.run_id == run_id && IsFinal(run.state);
    });
  };
  for (int run = 0; run < 50; ++run) {
    const std::string id = runner_.Start(lake_.principal, "t");
    while (!ended(id)) std::this_thread::yield();
  }
  EXPECT_EQ(runner_.History(lake_.principal, "t", 100).size(), 50U);
}

TEST_F(JobTest, ClosesRunsOfADeadProcess) {
  folder_.Write("a.csv", "id\n1\n");
  const std::string id = runner_.Register(lake_.principal, CsvJob("t", folder_.At("a.csv")));
  lake_.lake->metadata().SaveRun({.id = "dead",
                                  .job_id = id,
                                  .state = "running",
                                  .attempt = 1,
                                  .started_ms = 1,
                                  .finished_ms = 0,
                                  .error_code = {},
                                  .error_message = {},
                                  .metrics = "{}"});
  runner_.Run(lake_.principal, "t");
  const RunStatus dead = runner_.History(lake_.principal, "t", 2).back();
  EXPECT_EQ(dead.error_code, "LK-5012");
  EXPECT_EQ(dead.error_kind, "Unavailable");
  EXPECT_FALSE(dead.error_hint.empty());
}

TEST_F(JobTest, NeverStoresAPassword) {
  const std::string id =
      runner_.Register(lake_.principal,
                       R"({"source_type": "postgresql", "target_path": "/data/bronze/customer_data",
          "source_config": {"host": "h", "database": "d", "table": "t", "username": "u",
                            "password": "topsecret"}})");
  const auto job = lake_.lake->metadata().FindJob(id);
  EXPECT_EQ(job->configuration.find("topsecret"), std::string::npos);
  EXPECT_EQ(job->name, "postgresql_to_bronze_customer_data");
}

TEST(JobSpecTest, ChecksKeysAndValues) {
  const auto with = [](const std::string& text) { return CodeOf([&] { ParseJob(text); }); };
  EXPECT_EQ(with("[]"), "LK-5002");
  EXPECT_EQ(with(R"({"source_type": "csv"})"), "LK-5001");
  EXPECT_EQ(with(R"({"source_typ": "csv", "source_config": {}})"), "LK-5001");
  EXPECT_EQ(with(R"({"source_type": "oracle", "source_config": {}, "target": "a.b"})"), "LK-5003");
  const std::string rest = R"("source_type": "csv", "source_config": {"path": "x"})";
  EXPECT_EQ(with("{" + rest + "}"), "LK-5001");
  EXPECT_EQ(with("{" + rest + R"(, "target": "b.t", "mode": "cdc"})"), "LK-5003");
  EXPECT_EQ(with("{" + rest + R"(, "target": "b.t", "write_mode": "merge"})"), "LK-5003");
  EXPECT_EQ(with("{" + rest + R"(, "target": "b.t", "write_mode": "never"})"), "LK-5002");
  EXPECT_EQ(with("{" + rest + R"(, "target": "b.t", "error_threshold": 2})"), "LK-5002");
  EXPECT_EQ(with("{" + rest + R"(, "target_path": "/x"})"), "LK-5002");
  EXPECT_EQ(with("{" + rest + R"(, "target_path": "/data/b/t"})"), "");
}

TEST(JobSpecTest, ResolvesReferences) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("secret", "from file\n");
  setenv("INGESTION_TEST_SECRET", "from variable", 1);
  EXPECT_EQ(ResolveReference("${env:INGESTION_TEST_SECRET}", {}), "from variable");
  EXPECT_EQ(ResolveReference("${file:" + file + "}", {}), "from file");
  EXPECT_EQ(ResolveReference("plain", {}), "plain");
  EXPECT_EQ(CodeOf([] { ResolveReference("${env:INGESTION_TEST_NOT_SET}", {}); }), "LK-5004");
  EXPECT_EQ(CodeOf([] { ResolveReference("${file:/none}", {}); }), "LK-5004");
}

TEST(JobSpecTest, ResolvesOnlyReferencesThatJobsMayRead) {
  const TemporaryFolder folder;
  const SourceLimits limits{.file_roots = {},
                            .secret_roots = {folder.At("secrets")},
                            .secret_variables = "INGESTION_TEST_",
                            .closed = {folder.At("secrets/own")}};
  const std::string inside = folder.Write("secrets/a", "a");
  const std::string outside = folder.Write("b", "b");
  const std::string own = folder.Write("secrets/own/c", "c");
  std::filesystem::create_symlink(outside, folder.At("secrets/link"));
  const auto code = [&](const std::string& text) {
    return CodeOf([&] { ResolveReference(text, limits); });
  };
  EXPECT_EQ(ResolveReference("${file:" + inside + "}", limits), "a");
  EXPECT_EQ(code("${file:" + outside + "}"), "LK-5025");
  EXPECT_EQ(code("${file:" + folder.At("secrets/../b") + "}"), "LK-5025");
  EXPECT_EQ(code("${file:" + folder.At("secrets/link") + "}"), "LK-5025");
  EXPECT_EQ(code("${file:" + own + "}"), "LK-5025");
  EXPECT_EQ(code("${env:HOME}"), "LK-5025");
}

TEST(JobSpecTest, MakesPathsAbsolute) {
  const auto path = [](const std::string& given) {
    return ParseJob(R"({"source_type": "csv", "target": "t", "source_config": {"path": ")" + given +
                    "\"}}")
        .source_config.at("path");
  };
  EXPECT_EQ(path("a/../b.csv"), (std::filesystem::current_path() / "b.csv").string());
  EXPECT_EQ(path("/x/b.csv"), "/x/b.csv");
  EXPECT_EQ(path("${env:X}"), "${env:X}");
}

TEST_F(JobTest, ReadsNoFileOutsideOfTheAllowedDirectories) {
  folder_.Write("landing/a.csv", "id\n1\n");
  folder_.Write("private/b.csv", "id\n2\n");
  RunnerOptions options = Quick();
  options.sources.file_roots = {folder_.At("landing")};
  options.sources.closed = {folder_.At("landing/state")};
  JobRunner runner(lake_.lake, options);
  const auto code = [&](const std::string& name, const std::string& path) {
    runner.Register(lake_.principal, CsvJob(name, path));
    return runner.Run(lake_.principal, name).error_code;
  };
  EXPECT_EQ(code("inside", folder_.At("landing/a.csv")), "");
  EXPECT_EQ(code("outside", folder_.At("private/b.csv")), "LK-5025");
  EXPECT_EQ(code("dots", folder_.At("landing/../private/b.csv")), "LK-5025");
  std::filesystem::create_symlink(folder_.At("private"), folder_.At("landing/link"));
  EXPECT_EQ(code("link", folder_.At("landing/link/b.csv")), "LK-5025");
  folder_.Write("landing/state/c.csv", "id\n3\n");
  EXPECT_EQ(code("state", folder_.At("landing/state/c.csv")), "LK-5025");
  EXPECT_FALSE(lake_.Exists("bronze.outside"));
}

TEST(BackoffTest, GrowsUpToItsLimit) {
  SeededRandom random(7);
  RunnerOptions options;
  options.backoff_base_ms = 100;
  options.backoff_max_ms = 1000;
  for (int attempt = 1; attempt < 40; ++attempt) {
    const int64_t wait = BackoffMs(options, attempt, connectors::ErrorClass::kTransient, random);
    EXPECT_GE(wait, 0);
    EXPECT_LE(wait, std::min<int64_t>(1000, 100LL << std::min(attempt, 10)));
  }
}

class ProgressTest : public testing::Test {
 protected:
  TestLake lake_;
  Target MakeTarget() {
    return Target(*lake_.lake, lake_.principal, {lake_.lake->default_catalog(), "bronze", "p"});
  }
  void Commit(const std::string& state, int64_t batch) {
    Target target = MakeTarget();
    if (!target.exists()) target.Plan(*arrow::schema({arrow::field("id", arrow::int64())}));
    TargetWriter writer(target);
    TargetCommit commit;
    commit.app_transaction = {"lakehouse/p", batch};
    commit.domains["lakehouse.ingest.p"] = state;
    writer.Commit(commit);
  }
  Progress Read() {
    Target target = MakeTarget();
    return ReadProgress(*target.snapshot(), target.location(), "p");
  }
};

TEST_F(ProgressTest, KeepsManyFilesBesideTheLog) {
  Progress progress;
  progress.batch = 1;
  for (int i = 0; i < 5'000; ++i) {
    std::string mark = std::to_string(i);
    progress.loaded.insert(std::string(16 - mark.size(), '0') + mark);
  }
  Commit("{\"format\":1,\"loaded\":\"\"}", 1);
  const std::string text = WriteProgress(progress, MakeTarget().location(), SystemRandom());
  EXPECT_LT(text.size(), 1'000U);
  Commit(text, 2);
  EXPECT_EQ(Read().loaded, progress.loaded);
  EXPECT_EQ(Read().batch, 2);
  const std::string path = Json::parse(text)["side_file"];
  lake_.store->Write(io::JoinPath(MakeTarget().location().path, path), "0000000000000000");
  EXPECT_EQ(CodeOf([&] { Read(); }), "LK-5042");
}

TEST_F(ProgressTest, IsNeverTakenForNothing) {
  Commit("no json", 1);
  EXPECT_EQ(CodeOf([&] { Read(); }), "LK-5042");
  Commit("{\"format\":99}", 2);
  EXPECT_EQ(CodeOf([&] { Read(); }), "LK-5042");
}

/// Passes everything on until told to lose the reply of a commit and everything after it.
class LosingStore : public io::ObjectStore {
 public:
  explicit LosingStore(std::shared_ptr<io::ObjectStore> inner) : inner_(std::move(inner)) {}
  std::string Read(std::string_view path) override { return Up().Read(path); }
  std::unique_ptr<io::ObjectReader> Open(std::string_view path) override { return Up().Open(path); }
  void Write(std::string_view path, std::string_view bytes) override { Up().Write(path, bytes); }
  io::PutResult WriteIfAbsent(std::string_view path, std::string_view bytes) override {
    const io::PutResult result = Up().WriteIfAbsent(path, bytes);
    if (lose_next_reply) {
      down_ = true;
      throw Error(ErrorKind::kCommitStateUnknown, "LK-8006", "the reply was lost");
    }
    return result;
  }
  std::unique_ptr<io::ObjectWriter> Create(std::string_view path) override {
    return Up().Create(path);
  }
  std::vector<io::ObjectInfo> List(std::string_view directory,
                                   const io::ListOptions& options) override {
    return Up().List(directory, options);
  }
  bool Delete(std::string_view path) override { return Up().Delete(path); }
  std::optional<io::ObjectInfo> Head(std::string_view path) override { return Up().Head(path); }
  const std::string& uri() const override { return inner_->uri(); }
  bool lose_next_reply = false;

 private:
  io::ObjectStore& Up() {
    if (down_) throw Error(ErrorKind::kIoError, "LK-8007", "the store is away");
    return *inner_;
  }
  std::shared_ptr<io::ObjectStore> inner_;
  bool down_ = false;
};

TEST(TargetTest, SaysWhenTheOutcomeIsUnknown) {
  const auto store = std::make_shared<LosingStore>(io::MakeMemoryStore());
  TestLake lake(store);
  const catalog::ObjectName name{lake.lake->default_catalog(), "bronze", "t"};
  {
    Target target(*lake.lake, lake.principal, name);
    target.Plan(*arrow::schema({arrow::field("id", arrow::int64())}));
    TargetWriter(target).Commit({});
  }
  Target target(*lake.lake, lake.principal, name);
  TargetWriter writer(target);
  store->lose_next_reply = true;
  EXPECT_EQ(CodeOf([&] { writer.Commit({}); }), "LK-5041");
}

TEST_F(ProgressTest, OneOfTwoOverwritesWins) {
  Commit("{\"format\":1,\"loaded\":\"\"}", 1);
  Target first = MakeTarget();
  Target second = MakeTarget();
  TargetWriter first_writer(first);
  TargetWriter second_writer(second);
  TargetCommit commit;
  commit.overwrite = true;
  commit.app_transaction = {"lakehouse/p", 2};
  first_writer.Commit(commit);
  EXPECT_EQ(CodeOf([&] { second_writer.Commit(commit); }), "LK-5040");
}

TEST_F(ProgressTest, OneOfTwoRunnersOfAJobCommits) {
  Commit("{\"format\":1,\"loaded\":\"\"}", 1);
  Target first = MakeTarget();
  Target second = MakeTarget();
  const auto ids =
      arrow::RecordBatch::Make(first.SchemaFor("csv"), 1,
                               {arrow::MakeArrayFromScalar(arrow::Int64Scalar(1), 1).ValueOrDie()});
  TargetWriter first_writer(first);
  TargetWriter second_writer(second);
  first_writer.Write(*ids);
  second_writer.Write(*ids);
  TargetCommit commit;
  commit.app_transaction = {"lakehouse/p", 2};
  commit.domains["lakehouse.ingest.p"] = "{\"format\":1,\"loaded\":\"0000000000000001\"}";
  first_writer.Commit(commit);
  EXPECT_EQ(CodeOf([&] { second_writer.Commit(commit); }), "LK-5040");
  EXPECT_EQ(lake_.Rows("bronze.p"), 1);
}

}  // namespace
}  // namespace lakehouse::ingestion
