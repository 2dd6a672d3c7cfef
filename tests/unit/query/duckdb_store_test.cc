#include <arrow/api.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "query/engines/duckdb/duckdb_engine.h"
#include "query/open_lake.h"
#include "storage/arrow_status.h"
#include "temporary_directory.h"

namespace lakehouse::query::duckdb {
namespace {

bool IsDataFile(std::string_view path) { return path.ends_with(".parquet"); }

/// Objects in memory, so that no file system can stand in, and how often data files are used.
class CountingStore : public io::ObjectStore {
 public:
  std::string Read(std::string_view path) override {
    if (IsDataFile(path)) ++whole_reads;
    return inner_->Read(path);
  }
  std::unique_ptr<io::ObjectReader> Open(std::string_view path) override {
    if (IsDataFile(path)) {
      const std::lock_guard lock(mutex_);
      ++opened_[std::string(path)];
    }
    return inner_->Open(path);
  }
  void Write(std::string_view path, std::string_view bytes) override { inner_->Write(path, bytes); }
  io::PutResult WriteIfAbsent(std::string_view path, std::string_view bytes) override {
    return inner_->WriteIfAbsent(path, bytes);
  }
  std::unique_ptr<io::ObjectWriter> Create(std::string_view path) override {
    if (IsDataFile(path)) ++created;
    return inner_->Create(path);
  }
  std::vector<io::ObjectInfo> List(std::string_view directory,
                                   const io::ListOptions& options) override {
    return inner_->List(directory, options);
  }
  bool Delete(std::string_view path) override { return inner_->Delete(path); }
  std::optional<io::ObjectInfo> Head(std::string_view path) override { return inner_->Head(path); }
  const std::string& uri() const override { return inner_->uri(); }

  /// The data files that were opened since the last call.
  int TakeOpened() { return static_cast<int>(TakePaths().size()); }
  std::vector<std::string> TakePaths() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> paths;
    for (const auto& [path, count] : opened_) paths.push_back(path);
    opened_.clear();
    return paths;
  }

  std::atomic<int> created{0};
  std::atomic<int> whole_reads{0};

 private:
  const std::shared_ptr<io::ObjectStore> inner_ = io::MakeMemoryStore();
  std::mutex mutex_;
  std::map<std::string, int> opened_;  ///< guarded by mutex_
};

class DuckDbStoreTest : public testing::Test {
 protected:
  DuckDbStoreTest() {
    lake_ = OpenLake(directory_, store_, random_);
    engine_ = OpenDuckDbEngine(lake_, {.threads = 2, .memory_bytes = 1 << 30});
    session_ = engine_->OpenSession(security::LocalPrincipal());
  }
  /// The first cell as text.
  std::string Run(const std::string& sql) {
    QueryRequest request;
    request.sql = sql;
    request.principal = security::LocalPrincipal();
    auto result = session_->Execute(request);
    std::string text;
    std::shared_ptr<arrow::RecordBatch> batch;
    while (true) {
      storage::ThrowErrorIn(result.reader->ReadNext(&batch));
      if (!batch) break;
      if (text.empty()) text = batch->column(0)->GetScalar(0).ValueOrDie()->ToString();
    }
    files_read_ = result.metrics->files_read;
    return text;
  }

  TemporaryDirectory directory_;
  SeededRandom random_{5};
  const std::shared_ptr<CountingStore> store_ = std::make_shared<CountingStore>();
  std::shared_ptr<catalog::Lake> lake_;
  std::unique_ptr<QueryEngine> engine_;
  std::unique_ptr<Session> session_;
  int64_t files_read_ = 0;
};

TEST_F(DuckDbStoreTest, EveryReadAndWriteOfDataFilesGoesThroughTheStore) {
  Run("CREATE TABLE t PARTITIONED BY (k) AS SELECT i, i % 4 AS k FROM range(4000) r(i)");
  EXPECT_EQ(store_->created, 4);
  EXPECT_EQ(store_->TakeOpened(), 0);
  EXPECT_EQ(Run("SELECT CAST(sum(i) AS BIGINT) FROM t"), "7998000");
  EXPECT_EQ(files_read_, 4);
  EXPECT_EQ(store_->TakeOpened(), 4);
  EXPECT_EQ(Run("SELECT count(*) FROM t WHERE k = 1 AND i > 100"), "975");
  EXPECT_EQ(files_read_, 1);
  EXPECT_EQ(store_->TakeOpened(), 1);
  EXPECT_EQ(Run("SELECT CAST(sum(i) AS BIGINT) FROM t JOIN (VALUES (2), (3)) v(k) USING (k)"),
            "4001000");
  EXPECT_EQ(store_->TakeOpened(), 2);
  EXPECT_EQ(Run("SELECT count(*) FROM t WHERE k = 9"), "0");
  EXPECT_EQ(store_->TakeOpened(), 0);

  Run("INSERT INTO t VALUES (5000, 1)");
  EXPECT_EQ(store_->created, 5);
  // Rows of one file go: it is read to find them, and the rest of it is written anew.
  Run("DELETE FROM t WHERE k = 0 AND i < 100");
  EXPECT_EQ(store_->created, 6);
  EXPECT_EQ(store_->TakeOpened(), 1);
  Run("UPDATE t SET i = -1 WHERE k = 2 AND i = 402");
  EXPECT_EQ(store_->created, 8);
  EXPECT_EQ(store_->TakeOpened(), 1);
  EXPECT_EQ(Run("SELECT count(*) FROM t"), "3976");
  EXPECT_EQ(store_->whole_reads, 0);
}

TEST_F(DuckDbStoreTest, AFileThatTheStoreLostIsLost) {
  Run("CREATE TABLE t AS SELECT i FROM range(10) r(i)");
  EXPECT_EQ(Run("SELECT CAST(sum(i) AS BIGINT) FROM t"), "45");
  for (const auto& path : store_->TakePaths()) store_->Delete(path);
  EXPECT_EQ(CodeOf([&] { Run("SELECT sum(i + 1) FROM t"); }), "LK-8001");
}

TEST_F(DuckDbStoreTest, ALogThatNamesAFileOutsideOfTheTableIsRefused) {
  Run("CREATE TABLE other AS SELECT 'secret' AS s");
  Run("CREATE TABLE t AS SELECT 'x' AS s");
  for (const std::string path : {"../other/x.parquet", "..%2Fother%2Fx.parquet", "a/../../x"}) {
    store_->Delete("main/t/_delta_log/00000000000000000001.json");
    store_->Write("main/t/_delta_log/00000000000000000001.json",
                  R"({"add":{"path":")" + path +
                      R"(","partitionValues":{},"size":9,"modificationTime":1,"dataChange":true}})"
                      "\n");
    EXPECT_EQ(CodeOf([&] { Run("SELECT max(s) FROM t"); }), "LK-8002") << path;
  }
}

TEST_F(DuckDbStoreTest, AnOlderVersionIsReadWhenTheLatestNeedsAnUnknownFeature) {
  Run("CREATE TABLE t AS SELECT i FROM range(10) r(i)");
  store_->Write("main/t/_delta_log/00000000000000000001.json",
                R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,)"
                R"("readerFeatures":["ofTomorrow"],"writerFeatures":["ofTomorrow"]}})"
                "\n");
  EXPECT_EQ(CodeOf([&] { Run("SELECT count(*) FROM t"); }), "LK-3002");
  EXPECT_EQ(Run("SELECT count(*) FROM t VERSION AS OF 0"), "10");
  EXPECT_EQ(Run("SELECT count(*) FROM t AT (VERSION => 0)"), "10");
  EXPECT_EQ(CodeOf([&] { Run("SELECT count(*) FROM t VERSION AS OF 1"); }), "LK-3002");
  EXPECT_EQ(CodeOf([&] { Run("INSERT INTO t VALUES (1)"); }), "LK-3002");
  Run("DROP TABLE t");
}

}  // namespace
}  // namespace lakehouse::query::duckdb
