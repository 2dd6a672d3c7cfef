// The power fails at every system call of a statement that changes rows, and the disk holds any of
// what was not synced: the next process finds the rows as before or as after, those that were
// acknowledged stay, and it goes on.
#include <arrow/api.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <mutex>

#include "base/clock.h"
#include "base/random.h"
#include "io/local_store.h"
#include "lossy_files.h"
#include "open_lake.h"
#include "query/engines/duckdb/duckdb_engine.h"
#include "slowed_down.h"
#include "storage/arrow_status.h"
#include "temporary_directory.h"

namespace lakehouse::query::duckdb {
namespace {

/// Every call is broken; under sanitizers, which slow everything down, each fifth.
constexpr int kStep = kSlowedDown ? 5 : 1;
constexpr int kNever = 1'000'000;
constexpr int kImages = 5;

/// LossyFiles for the threads of an engine, which know of no power loss: every call fails after it.
class SharedLossyFiles : public io::FileSystem {
 public:
  explicit SharedLossyFiles(int stop_at, Forgets forgets) : files_(stop_at, forgets) {}

  int CreateNew(const std::string& path) override {
    return Call([&] { return files_.CreateNew(path); });
  }
  int Write(int file, std::span<const std::byte> bytes) override {
    return Call([&] { return files_.Write(file, bytes); });
  }
  int Sync(int file) override {
    return Call([&] { return files_.Sync(file); });
  }
  int Close(int file) override {
    return Call([&] { return files_.Close(file); });
  }
  int SyncDirectory(const std::string& path) override {
    return Call([&] { return files_.SyncDirectory(path); });
  }
  int Rename(const std::string& from, const std::string& to) override {
    return Call([&] { return files_.Rename(from, to); });
  }
  int RenameNoReplace(const std::string& from, const std::string& to) override {
    return Call([&] { return files_.RenameNoReplace(from, to); });
  }
  int Unlink(const std::string& path) override {
    return Call([&] { return files_.Unlink(path); });
  }
  int MakeDirectory(const std::string& path) override {
    return Call([&] { return files_.MakeDirectory(path); });
  }
  /// Nobody calls any more.
  LossyFiles& files() { return files_; }

 private:
  template <typename Body>
  int Call(Body body) {
    const std::lock_guard lock(mutex_);
    try {
      return body();
    } catch (const PowerLoss&) {
      return -EIO;
    }
  }

  std::mutex mutex_;
  LossyFiles files_;
};

/// A lakehouse as one process has it.
class Process {
 public:
  Process(const TemporaryDirectory& directory, io::FileSystem& files)
      : lake_(OpenLake(directory, io::MakeLocalStoreOn(directory / "data", files), SystemRandom())),
        engine_(OpenDuckDbEngine(lake_, {.threads = 2, .memory_bytes = 1 << 30})),
        session_(engine_->OpenSession(security::LocalPrincipal())) {}

  std::string Run(const std::string& sql) {
    QueryRequest request;
    request.sql = sql;
    request.principal = security::LocalPrincipal();
    auto table = session_->Execute(request).reader->ToTable();
    storage::ThrowErrorIn(table.status());
    if (!table.ok()) throw Error(ErrorKind::kIoError, "LK-8001", table.status().ToString());
    if ((*table)->num_rows() == 0 || (*table)->num_columns() == 0) return "";
    return (*table)->column(0)->GetScalar(0).ValueOrDie()->ToString();
  }

 private:
  std::shared_ptr<catalog::Lake> lake_;
  std::unique_ptr<QueryEngine> engine_;
  std::unique_ptr<Session> session_;
};

struct Change {
  std::string name;
  std::vector<std::string> statements;
};

/// Rows of the table, and of its feed after version 1.
std::string StateOf(Process& process) {
  return process.Run("SELECT string_agg(id || v, ' ' ORDER BY id) FROM t") + " / " +
         process.Run(
             "SELECT string_agg(_change_type || id || v, ' ' ORDER BY id, _change_type, v) "
             "FROM table_changes('main.t', 0)");
}

class PowerCut {
 public:
  explicit PowerCut(const Change& change) : change_(change) {
    SharedLossyFiles files(kNever, Forgets::kNothing);
    {
      Process process(live_, files);
      process.Run(
          "CREATE TABLE t (id BIGINT, v STRING) USING DELTA TBLPROPERTIES ("
          "'delta.enableDeletionVectors' = 'true', 'delta.enableChangeDataFeed' = 'true')");
      process.Run("INSERT INTO t SELECT i, 'v' FROM range(8) r(i)");
      process.Run("DELETE FROM t WHERE id = 7");
      old_ = StateOf(process);
    }
    Copy(live_.path(), before_.path());
    Process process(live_, files);
    for (const auto& statement : change_.statements) process.Run(statement);
    new_ = StateOf(process);
    EXPECT_NE(old_, new_);
  }

  /// What is wrong after a power loss at call `stop`, or nothing.
  std::string ViolationAt(int stop, int image, Forgets forgets = Forgets::kNothing) {
    Copy(before_.path(), live_.path());
    SharedLossyFiles files(stop, forgets);
    bool acknowledged = false;
    try {
      Process process(live_, files);
      for (const auto& statement : change_.statements) process.Run(statement);
      acknowledged = true;
    } catch (const Error&) {
      // The machine is dark.
    }
    // A dark machine acknowledges nothing: that calls fail instead is what a test needs.
    reached_ = files.files().calls() > stop;
    acknowledged = acknowledged && !reached_;
    files.files().LosePower(static_cast<Survivors>(image), static_cast<unsigned>(stop));
    return ViolationAfterwards(acknowledged);
  }
  /// Did the last power loss come before the end?
  bool reached() const { return reached_; }

 private:
  static void Copy(const std::string& from, const std::string& to) {
    for (const auto& entry : std::filesystem::directory_iterator(to)) {
      std::filesystem::remove_all(entry.path());
    }
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
  }

  std::string ViolationAfterwards(bool acknowledged) const {
    SharedLossyFiles files(kNever, Forgets::kNothing);
    try {
      Process process(live_, files);
      const std::string found = StateOf(process);
      const bool allowed = found == new_ || (found == old_ && !acknowledged);
      if (!allowed) return (acknowledged ? "acknowledged, found " : "cut, found ") + found;
      process.Run("UPDATE t SET v = 'next' WHERE id = 0");
      const auto next = process.Run("SELECT v FROM t WHERE id = 0");
      return next == "next" ? "" : "the next process does not go on";
    } catch (const Error& error) {
      return error.what();
    }
  }

  const Change& change_;
  TemporaryDirectory live_;
  TemporaryDirectory before_;
  std::string old_;
  std::string new_;
  bool reached_ = false;
};

class StatementPowerLoss : public testing::TestWithParam<Change> {};

TEST_P(StatementPowerLoss, LeavesTheRowsAsBeforeOrAsAfter) {
  PowerCut cut(GetParam());
  int stop = 0;
  do {
    ASSERT_LT(stop, 1000);
    // What the disk holds changes from call to call.
    const int image = stop % kImages;
    ASSERT_EQ(cut.ViolationAt(stop, image), "") << "call " << stop << ", image " << image;
    stop += kStep;
  } while (cut.reached());
  EXPECT_GE(stop, 5);
  std::printf("%s: power lost at %d calls\n", GetParam().name.c_str(), stop / kStep);
}

/// A test that cannot fail shows nothing: a store that forgets to sync is found out.
TEST_P(StatementPowerLoss, WouldNoticeAStoreThatDoesNotSync) {
  PowerCut cut(GetParam());
  for (const Forgets forgets : {Forgets::kFiles, Forgets::kDirectories}) {
    bool noticed = false;
    for (int image = 0; image < kImages; ++image) {
      noticed = noticed || !cut.ViolationAt(kNever, image, forgets).empty();
    }
    EXPECT_TRUE(noticed);
  }
}

const Change kChanges[] = {
    {"Delete", {"DELETE FROM t WHERE id IN (1, 3)"}},
    {"Update", {"UPDATE t SET v = 'new' WHERE id IN (1, 3)"}},
    {"Merge",
     {"MERGE INTO t USING (SELECT unnest([1, 2, 9]) AS id) s ON t.id = s.id WHEN MATCHED AND s.id "
      "= "
      "1 THEN DELETE WHEN MATCHED THEN UPDATE SET v = 'm' WHEN NOT MATCHED THEN INSERT VALUES "
      "(s.id, 'i')"}},
    {"Transaction",
     {"BEGIN", "INSERT INTO t VALUES (9, 'i')", "UPDATE t SET v = 'u' WHERE id IN (2, 9)",
      "DELETE FROM t WHERE id = 1", "COMMIT"}},
};

INSTANTIATE_TEST_SUITE_P(Changes, StatementPowerLoss, testing::ValuesIn(kChanges),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lakehouse::query::duckdb
