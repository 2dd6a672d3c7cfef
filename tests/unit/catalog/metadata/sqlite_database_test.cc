#include "catalog/metadata/sqlite_database.h"

#include <gtest/gtest.h>

#include "catalog/metadata/writer_queue.h"
#include "error_code.h"
#include "temporary_directory.h"

namespace lakehouse::catalog::metadata {
namespace {

TEST(SqliteDatabase, SaysWhenThereIsNoRoom) {
  TemporaryDirectory directory;
  Database database(directory / "full.db", 1);
  database.Execute("PRAGMA max_page_count = 4; CREATE TABLE t (a TEXT)");
  WriterQueue queue(database, 4, 4);
  const std::string large(100'000, 'x');
  EXPECT_EQ(
      CodeOf([&] { queue.Run([&](Database& db) { db.Run("INSERT INTO t VALUES (?)", large); }); }),
      "LK-2024");
  queue.Run([](Database& db) { db.Run("INSERT INTO t VALUES (?)", std::string("small")); });
}

TEST(WriterQueue, LeavesNothingOfAFailedChange) {
  Database database(":memory:", 1);
  database.Execute("CREATE TABLE t (a TEXT)");
  int64_t rows = -1;
  {
    WriterQueue queue(database, 4, 4);
    EXPECT_THROW(queue.Run([](Database& db) {
      db.Run("INSERT INTO t VALUES ('lost')");
      throw std::runtime_error("no");
    }),
                 std::runtime_error);
    queue.Run([](Database& db) { db.Run("INSERT INTO t VALUES (?)", std::string()); });
    queue.Run([&](Database& db) {
      Statement row = db.Query("SELECT count(*) FROM t WHERE a = ''");
      row.Step();
      rows = row.Integer(0);
    });
  }
  EXPECT_EQ(rows, 1);
  Statement row = database.Query("SELECT count(*) FROM t");
  row.Step();
  EXPECT_EQ(row.Integer(0), 1);
}

}  // namespace
}  // namespace lakehouse::catalog::metadata
