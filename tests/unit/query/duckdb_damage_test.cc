// What SQL says when the files of a table are damaged or gone.
#include <arrow/api.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "io/fault_store.h"
#include "query/engines/duckdb/duckdb_engine.h"
#include "query/open_lake.h"
#include "storage/arrow_status.h"
#include "temporary_directory.h"

namespace lakehouse::query::duckdb {
namespace {

namespace fs = std::filesystem;

constexpr char kDamagedFile[] = "LK-3510";

class DuckDbDamageTest : public testing::Test {
 protected:
  DuckDbDamageTest() {
    Open();
    Run("CREATE TABLE whole AS SELECT 1::BIGINT AS i");
    Run("CREATE TABLE t AS SELECT range AS i, 'text' || range AS s FROM range(1000)");
    Run("INSERT INTO t SELECT range, 'more' FROM range(1000)");
    Run("INSERT INTO t SELECT range, 'most' FROM range(1000)");
    Open();  // nothing of the log is in memory
  }
  /// Every test ends with a look at the other table: damage stays where it is.
  ~DuckDbDamageTest() override { EXPECT_EQ(Run("SELECT i FROM whole"), 1); }

  void Open() {
    engine_.reset();
    lake_.reset();
    audit_ = std::make_shared<security::MemoryAuditLog>();
    lake_ = OpenLake(directory_, store_, SystemRandom(), audit_);
    engine_ = OpenDuckDbEngine(lake_, {.threads = 2, .memory_bytes = 1 << 30});
  }
  QueryResult Start(Session& session, const std::string& sql) {
    QueryRequest request;
    request.sql = sql;
    request.principal = security::LocalPrincipal();
    return session.Execute(request);
  }
  /// The first cell, 0 without rows.
  int64_t Run(const std::string& sql) {
    auto session = engine_->OpenSession(security::LocalPrincipal());
    auto result = Start(*session, sql);
    std::shared_ptr<arrow::RecordBatch> batch;
    int64_t first = 0;
    bool seen = false;
    while (true) {
      const auto status = result.reader->ReadNext(&batch);
      storage::ThrowErrorIn(status);
      EXPECT_TRUE(status.ok()) << status.ToString();
      if (!batch) return first;
      if (seen || batch->num_rows() == 0) continue;
      seen = true;
      const auto cell = batch->column(0)->GetScalar(0).ValueOrDie();
      if (cell->type->id() == arrow::Type::INT64) {
        first = std::static_pointer_cast<arrow::Int64Scalar>(cell)->value;
      }
    }
  }
  std::string Code(const std::string& sql) {
    return lakehouse::CodeOf([&] { Run(sql); });
  }
  fs::path Log(int version) const {
    char name[32];
    std::snprintf(name, sizeof name, "%020d.json", version);
    return fs::path(directory_ / "data/main/t/_delta_log") / name;
  }
  std::vector<fs::path> DataFiles() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(directory_ / "data/main/t")) {
      if (entry.path().extension() == ".parquet") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  static void Write(const fs::path& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  }

  TemporaryDirectory directory_;
  std::shared_ptr<io::FaultStore> store_ =
      std::make_shared<io::FaultStore>(io::MakeLocalStore(directory_ / "data"), SystemClock());
  std::shared_ptr<security::MemoryAuditLog> audit_;
  std::shared_ptr<catalog::Lake> lake_;
  std::unique_ptr<QueryEngine> engine_;
};

TEST_F(DuckDbDamageTest, AMissingDataFileIsNamed) {
  fs::remove(DataFiles().front());
  EXPECT_EQ(Code("SELECT sum(i) FROM t"), "LK-8001");
  EXPECT_EQ(Code("SELECT count(DISTINCT s) FROM t"), "LK-8001");
}

TEST_F(DuckDbDamageTest, AHalfDataFileIsAnError) {
  const auto file = DataFiles().front();
  fs::resize_file(file, fs::file_size(file) / 2);
  EXPECT_EQ(Code("SELECT sum(i), max(s) FROM t"), kDamagedFile);
}

TEST_F(DuckDbDamageTest, AnEmptyDataFileIsAnError) {
  Write(DataFiles().front(), "");
  EXPECT_EQ(Code("SELECT sum(i), max(s) FROM t"), kDamagedFile);
}

TEST_F(DuckDbDamageTest, BytesThatAreNoParquetAreAnError) {
  const auto file = DataFiles().front();
  Write(file, std::string(fs::file_size(file), 'x'));
  EXPECT_EQ(Code("SELECT sum(i), max(s) FROM t"), kDamagedFile);
}

TEST_F(DuckDbDamageTest, ChangedBytesInsideADataFileNeverCrash) {
  const auto file = DataFiles().front();
  std::string bytes;
  {
    std::ifstream in(file, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  for (size_t at = 4; at < bytes.size(); at += std::max<size_t>(1, bytes.size() / 60)) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x5A);
    Write(file, changed);
    Code("SELECT sum(i), max(s) FROM t");
    ASSERT_EQ(Run("SELECT i FROM whole"), 1) << "byte " << at;
  }
}

TEST_F(DuckDbDamageTest, ACorruptLogEntryIsRefused) {
  Write(Log(1), "{\"add\": {\"path\"");
  EXPECT_EQ(Code("SELECT count(*) FROM t"), "LK-3003");
  EXPECT_EQ(Code("INSERT INTO t VALUES (1, 'x')"), "LK-3003");
}

TEST_F(DuckDbDamageTest, AGapInTheVersionsIsRefused) {
  fs::remove(Log(1));
  EXPECT_EQ(Code("SELECT count(*) FROM t"), "LK-3003");
  EXPECT_EQ(Code("INSERT INTO t VALUES (1, 'x')"), "LK-3003");
  EXPECT_EQ(Code("DESCRIBE DETAIL t"), "LK-3003");
}

TEST_F(DuckDbDamageTest, AnUnknownFeatureIsRefusedByName) {
  Write(Log(3),
        "{\"protocol\":{\"minReaderVersion\":3,\"minWriterVersion\":7,\"readerFeatures\":"
        "[\"timeMachine\"],\"writerFeatures\":[\"timeMachine\"]}}\n");
  EXPECT_EQ(Code("SELECT count(*) FROM t"), "LK-3002");
  EXPECT_EQ(Code("INSERT INTO t VALUES (1, 'x')"), "LK-3002");
}

TEST_F(DuckDbDamageTest, ADeletedTableIsTold) {
  fs::remove_all(directory_ / "data/main/t");
  EXPECT_EQ(Code("SELECT count(*) FROM t"), "LK-3001");
  EXPECT_EQ(Code("INSERT INTO t VALUES (1, 'x')"), "LK-3001");
  Run("DROP TABLE t");
}

TEST_F(DuckDbDamageTest, ATableDeletedUnderAReaderEndsWithItsRowsOrAnError) {
  Run("CREATE OR REPLACE TABLE t AS SELECT range AS i FROM range(2000000)");
  auto session = engine_->OpenSession(security::LocalPrincipal());
  auto result = Start(*session, "SELECT i FROM t");
  std::shared_ptr<arrow::RecordBatch> batch;
  ASSERT_TRUE(result.reader->ReadNext(&batch).ok());
  int64_t rows = batch->num_rows();
  Run("DROP TABLE t PURGE");
  arrow::Status status;
  while (true) {
    status = result.reader->ReadNext(&batch);
    if (!status.ok() || !batch) break;
    rows += batch->num_rows();
  }
  EXPECT_TRUE(!status.ok() || rows == 2000000) << rows;
}

TEST_F(DuckDbDamageTest, AFullDiskFailsTheWriteAndNothingElse) {
  io::Fault full;
  full.error = Error(ErrorKind::kResourceExhausted, "LK-8004", "no space left on device");
  full.calls = io::Fault::kForever;
  full.writes_only = true;
  store_->Inject(full);
  EXPECT_EQ(Code("INSERT INTO t SELECT range, 'x' FROM range(100000)"), "LK-8004");
  EXPECT_EQ(Code("CREATE TABLE u AS SELECT 1 AS a"), "LK-8004");
  EXPECT_EQ(Code("INSERT OVERWRITE t VALUES (1, 'x')"), "LK-8004");
  EXPECT_EQ(Run("SELECT count(*) FROM t"), 3000);
  store_->Reset();
  EXPECT_EQ(Code("SELECT * FROM u"), "LK-2012");
  EXPECT_EQ(Run("INSERT INTO t VALUES (1, 'x')"), 1);
  EXPECT_EQ(Run("SELECT count(*) FROM t"), 3001);
}

TEST_F(DuckDbDamageTest, EveryPathLeavesARecord) {
  const auto recorded = [&](const std::string& sql) {
    audit_->records.clear();
    Run(sql);
    std::string text;
    for (const auto& record : audit_->records) {
      EXPECT_EQ(record.principal, "local");
      EXPECT_TRUE(record.allowed);
      text += record.action + " " + record.object + ";";
    }
    return text;
  };
  for (const std::string& sql :
       std::vector<std::string>{"CREATE SCHEMA a",
                                "CREATE TABLE a.t (i INT)",
                                "INSERT INTO a.t VALUES (1)",
                                "INSERT OVERWRITE a.t VALUES (1)",
                                "SELECT * FROM a.t",
                                "SELECT count(*) FROM a.t",
                                "UPDATE a.t SET i = 2",
                                "DELETE FROM a.t WHERE i = 3",
                                "DESCRIBE a.t",
                                "DESCRIBE HISTORY a.t",
                                "SHOW TABLES IN a",
                                "SHOW CREATE TABLE a.t",
                                "CREATE VIEW a.v AS SELECT * FROM a.t",
                                "COMMENT ON TABLE a.t IS 'x'",
                                "ALTER TABLE a.t RENAME TO u",
                                "CREATE OR REPLACE TABLE a.u AS SELECT 1 AS i",
                                "SELECT * FROM delta.`" + (directory_ / "data/main/whole") + "`",
                                "DROP VIEW a.v",
                                "DROP TABLE a.u",
                                "DROP SCHEMA a"}) {
    const auto text = recorded(sql);
    EXPECT_NE(text, "") << sql;
  }
}

}  // namespace
}  // namespace lakehouse::query::duckdb
