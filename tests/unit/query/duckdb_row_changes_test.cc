// How changes of rows become files: deletion vectors or new files, change data, physical names.
#include <arrow/api.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "open_lake.h"
#include "query/engines/duckdb/duckdb_engine.h"
#include "storage/arrow_status.h"
#include "storage/delta/snapshot/delta_snapshot.h"
#include "storage/parquet/parquet_file.h"
#include "temporary_directory.h"

namespace lakehouse::query::duckdb {
namespace {

using nlohmann::json;
using storage::DataType;
using storage::Field;
using storage::TypeId;

const std::map<std::string, std::string> kVectors = {{"delta.enableDeletionVectors", "true"}};
const std::map<std::string, std::string> kFeed = {{"delta.enableChangeDataFeed", "true"}};

class RowChangesTest : public testing::Test {
 protected:
  RowChangesTest() {
    lake_ = OpenLake(directory_, io::MakeLocalStore(directory_ / "data"), random_);
    engine_ = OpenDuckDbEngine(lake_, {.threads = 2, .memory_bytes = 1 << 30});
  }
  void Create(std::vector<Field> fields, std::map<std::string, std::string> properties,
              std::vector<std::string> partitions = {}) {
    catalog::CreateTableRequest request;
    request.name = {"lake", "main", "t"};
    request.options.schema.fields = std::move(fields);
    request.options.properties = std::move(properties);
    request.options.partition_columns = std::move(partitions);
    lake_->CreateTable(security::LocalPrincipal(), request);
  }
  void CreateNumbers(std::map<std::string, std::string> properties) {
    Create(
        {{"id", DataType::Primitive(TypeId::kLong)}, {"v", DataType::Primitive(TypeId::kString)}},
        std::move(properties));
    Rows("INSERT INTO t SELECT i, 'v' || i FROM range(1000) r(i)");
  }
  std::string Rows(const std::string& sql) {
    QueryRequest request;
    request.sql = sql;
    request.principal = security::LocalPrincipal();
    auto result = engine_->OpenSession(request.principal)->Execute(request);
    auto table = result.reader->ToTable();
    storage::ThrowErrorIn(table.status());
    files_read_ = result.metrics->files_read;
    std::string text;
    for (int64_t row = 0; row < (*table)->num_rows(); ++row) {
      for (int i = 0; i < (*table)->num_columns(); ++i) {
        const auto cell = (*table)->column(i)->GetScalar(row).ValueOrDie();
        text += (i == 0 ? "" : "|") + cell->ToString();
      }
      text += ";";
    }
    return text;
  }
  std::filesystem::path Root() {
    const auto found =
        lake_->Resolve(security::LocalPrincipal(), catalog::Action::kSelect, {"lake", "main", "t"});
    return std::filesystem::path(directory_ / "data") / found.table->location().path;
  }
  storage::SnapshotPtr Latest() {
    return lake_
        ->Resolve(security::LocalPrincipal(), catalog::Action::kSelect, {"lake", "main", "t"})
        .table->Latest();
  }
  /// The actions of a kind in the latest commit.
  std::vector<json> LastActions(const std::string& kind) {
    char name[32];
    std::snprintf(name, sizeof(name), "%020lld.json", static_cast<long long>(Latest()->version()));
    std::ifstream log(Root() / "_delta_log" / name);
    std::vector<json> found;
    for (std::string line; std::getline(log, line);) {
      const auto action = json::parse(line);
      if (action.contains(kind)) found.push_back(action[kind]);
    }
    return found;
  }
  json LastMetrics() { return LastActions("commitInfo").at(0)["operationMetrics"]; }

  /// "7 version 1": the row id of the live row with this value of `id`, and its commit version.
  std::string RowIdOf(int64_t id) {
    const auto snapshot = Latest();
    const auto& delta = dynamic_cast<const storage::delta::DeltaSnapshot&>(*snapshot);
    const auto& names = snapshot->metadata().properties;
    const auto store = io::MakeLocalStore(Root());
    for (size_t i = 0; i < snapshot->file_count(); ++i) {
      const auto& add = delta.add(i);
      const auto deleted = snapshot->DeletedRows(i);
      const auto table =
          storage::parquet::OpenParquet(store->Open(add.path))->ToTable().ValueOrDie();
      const auto cell = [&](const std::string& column, int64_t row) -> std::optional<int64_t> {
        const auto found = table->GetColumnByName(column);
        if (!found) return std::nullopt;
        const auto scalar = found->GetScalar(row).ValueOrDie();
        if (!scalar->is_valid) return std::nullopt;
        return std::static_pointer_cast<arrow::Int64Scalar>(scalar)->value;
      };
      for (int64_t row = 0; row < table->num_rows(); ++row) {
        if (cell("id", row) != id) continue;
        if (deleted && deleted->Contains(static_cast<uint64_t>(row))) continue;
        const auto own = cell(names.at("delta.rowTracking.materializedRowIdColumnName"), row);
        const auto version =
            cell(names.at("delta.rowTracking.materializedRowCommitVersionColumnName"), row);
        return std::to_string(own.value_or(*add.base_row_id + row)) + " version " +
               std::to_string(version.value_or(*add.default_row_commit_version));
      }
    }
    return "";
  }

  TemporaryDirectory directory_;
  SeededRandom random_{5};
  std::shared_ptr<catalog::Lake> lake_;
  std::unique_ptr<QueryEngine> engine_;
  int64_t files_read_ = 0;
};

TEST_F(RowChangesTest, FewRowsAreHiddenAndManyAreWrittenAnew) {
  CreateNumbers(kVectors);
  EXPECT_EQ(Rows("DELETE FROM t WHERE id % 100 = 7"), "10;");
  ASSERT_EQ(LastActions("add").size(), 1U);
  EXPECT_EQ(LastActions("add")[0]["deletionVector"]["cardinality"], 10);
  EXPECT_EQ(LastMetrics()["numDeletionVectorsAdded"], "1");
  EXPECT_EQ(LastMetrics()["numDeletedRows"], "10");
  EXPECT_EQ(LastMetrics()["numRemovedFiles"], "0");
  EXPECT_EQ(Rows("UPDATE t SET v = 'new' WHERE id % 100 = 8"), "10;");
  EXPECT_EQ(LastMetrics()["numDeletionVectorsUpdated"], "1");
  EXPECT_EQ(LastMetrics()["numUpdatedRows"], "10");
  EXPECT_EQ(Rows("SELECT count(*), count(*) FILTER (WHERE v = 'new'), sum(id) FROM t"),
            "990|10|494930;");
  // 400 of 1000 rows in all: what stays is copied, and the vector goes with its file.
  EXPECT_EQ(Rows("DELETE FROM t WHERE id < 388"), "384;");
  for (const auto& add : LastActions("add")) EXPECT_FALSE(add.contains("deletionVector"));
  EXPECT_EQ(LastMetrics()["numDeletionVectorsRemoved"], "1");
  EXPECT_EQ(Rows("SELECT count(*), min(id) FROM t"), "606|388;");
}

TEST_F(RowChangesTest, WithoutVectorsFilesAreWrittenAnew) {
  CreateNumbers({});
  EXPECT_EQ(Rows("DELETE FROM t WHERE id = 5"), "1;");
  EXPECT_FALSE(LastActions("add").at(0).contains("deletionVector"));
  EXPECT_EQ(LastMetrics()["numCopiedRows"], "999");
  EXPECT_EQ(LastActions("commitInfo")[0]["operationParameters"]["predicate"], "[\"(id = 5)\"]");
}

TEST_F(RowChangesTest, FilesThatGoWholeAreNotRead) {
  Create({{"id", DataType::Primitive(TypeId::kLong)}, {"k", DataType::Primitive(TypeId::kLong)}},
         {}, {"k"});
  Rows("INSERT INTO t SELECT i, i % 4 FROM range(100) r(i)");
  // A file that is gone cannot be read: only the log knows of it.
  for (const auto& entry : std::filesystem::recursive_directory_iterator(Root())) {
    if (entry.path().extension() == ".parquet") std::filesystem::remove(entry.path());
  }
  EXPECT_EQ(Rows("DELETE FROM t WHERE k = 1"), "25;");
  EXPECT_EQ(Rows("DELETE FROM t WHERE k IN (2) AND id < 1000"), "25;");
  EXPECT_EQ(LastActions("remove").size(), 1U);
  EXPECT_EQ(Rows("DELETE FROM t"), "50;");
  EXPECT_EQ(Rows("SELECT count(*) FROM t"), "0;");
}

TEST_F(RowChangesTest, ChangesAreKeptWithTheirValuesBeforeAndAfter) {
  auto properties = kFeed;
  properties.insert(kVectors.begin(), kVectors.end());
  for (const auto& with : {kFeed, properties}) {
    CreateNumbers(with);
    Rows(
        "MERGE INTO t USING (SELECT unnest([1, 2, 5000]) AS id) s ON t.id = s.id "
        "WHEN MATCHED AND s.id = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET v = 'new' "
        "WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, 'added')");
    EXPECT_FALSE(LastActions("cdc").empty());
    EXPECT_EQ(Rows("SELECT _change_type, id, v FROM table_changes('main.t', 2) ORDER BY ALL"),
              "delete|1|v1;insert|5000|added;update_postimage|2|new;update_preimage|2|v2;");
    Rows("UPDATE t SET v = 'x' WHERE id = 10");
    EXPECT_EQ(Rows("SELECT _change_type, id, v FROM table_changes('main.t', 3) ORDER BY ALL"),
              "update_postimage|10|x;update_preimage|10|v10;");
    Rows("DELETE FROM t WHERE id BETWEEN 20 AND 21");
    EXPECT_EQ(Rows("SELECT _change_type, id, v FROM table_changes('main.t', 4) ORDER BY ALL"),
              "delete|20|v20;delete|21|v21;");
    Rows("DELETE FROM t");
    EXPECT_TRUE(LastActions("cdc").empty());
    EXPECT_EQ(Rows("SELECT _change_type, count(*) FROM table_changes('main.t', 5) GROUP BY ALL"),
              "delete|998;");
    Rows("DROP TABLE t PURGE");
  }
}

TEST_F(RowChangesTest, DisjointChangesOfOneFileAllCommit) {
  CreateNumbers(kVectors);
  constexpr int kWriters = 8;
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&, i] {
      QueryRequest request;
      request.principal = security::LocalPrincipal();
      request.sql = "UPDATE t SET v = 'w" + std::to_string(i) + "' WHERE id BETWEEN " +
                    std::to_string(i * 10) + " AND " + std::to_string(i * 10 + 4);
      engine_->OpenSession(request.principal)->Execute(request);
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(Rows("SELECT count(*) FROM t WHERE v LIKE 'w%'"), "40;");
  EXPECT_EQ(Rows("SELECT count(*), sum(id) FROM t"), "1000|499500;");
}

TEST_F(RowChangesTest, MappedColumnsHaveTheirPhysicalNamesInFiles) {
  const auto mapped = [](const std::string& name, storage::DataTypePtr type, int id,
                         const std::string& physical) {
    return Field{name,
                 std::move(type),
                 true,
                 {{"delta.columnMapping.id", std::to_string(id)},
                  {"delta.columnMapping.physicalName", json(physical).dump()}}};
  };
  const auto number = DataType::Primitive(TypeId::kLong);
  for (const std::string mode : {"name", "id"}) {
    auto properties = kFeed;
    properties["delta.columnMapping.mode"] = mode;
    properties["delta.columnMapping.maxColumnId"] = "6";
    Create({mapped("id", number, 1, "col-1"),
            mapped("s", DataType::Struct({mapped("a_b", number, 3, "col-3")}), 2, "col-2"),
            mapped("l", DataType::Array(DataType::Struct({mapped("x", number, 5, "col-5")}), true),
                   4, "col-4"),
            mapped("k", number, 6, "col-6")},
           properties, {"k"});
    Rows("INSERT INTO t SELECT i, {'a_b': i}, [{'x': i}], i % 2 FROM range(10) r(i)");
    Rows("UPDATE t SET s = {'a_b': -1} WHERE id = 3");
    EXPECT_EQ(Rows("SELECT id, s.a_b, l[1].x, k FROM t WHERE id IN (3, 4) ORDER BY id"),
              "3|-1|3|1;4|4|4|0;");
    EXPECT_EQ(Rows("SELECT _change_type, s.a_b FROM table_changes('main.t', 2) ORDER BY ALL"),
              "update_postimage|-1;update_preimage|3;");
    const auto store = io::MakeLocalStore(Root());
    for (const auto& action : {LastActions("add").at(0), LastActions("cdc").at(0)}) {
      const std::string path = action["path"];
      EXPECT_NE(path.find("col-6=1"), std::string::npos) << path;
      EXPECT_EQ(action["partitionValues"]["col-6"], "1");
      const auto schema = storage::parquet::ReadParquetSchema(store->Open(path));
      EXPECT_EQ(schema->field(0)->name(), "col-1");
      EXPECT_EQ(schema->field(1)->type()->field(0)->name(), "col-3");
      EXPECT_EQ(schema->field(2)->type()->field(0)->type()->field(0)->name(), "col-5");
      EXPECT_EQ(schema->field(0)->metadata()->Get("PARQUET:field_id").ValueOr(""), "1");
    }
    const auto stats = json::parse(LastActions("add").at(0)["stats"].get<std::string>());
    EXPECT_TRUE(stats["minValues"].contains("col-1")) << stats;
    EXPECT_TRUE(stats["minValues"]["col-2"].contains("col-3")) << stats;
    EXPECT_EQ(Rows("SELECT count(*) FROM t WHERE id = 9"), "1;");
    EXPECT_EQ(files_read_, 1);
    Rows("DROP TABLE t PURGE");
  }
}

TEST_F(RowChangesTest, RowsKeepTheirIds) {
  for (const bool vectors : {false, true}) {
    auto properties = std::map<std::string, std::string>{{"delta.enableRowTracking", "true"}};
    if (vectors) properties.insert(kVectors.begin(), kVectors.end());
    CreateNumbers(properties);
    EXPECT_EQ(RowIdOf(7), "7 version 1");
    Rows("UPDATE t SET v = 'new' WHERE id IN (7, 8)");
    EXPECT_EQ(RowIdOf(7), "7 version 2");
    EXPECT_EQ(RowIdOf(9), "9 version 1");
    Rows("DELETE FROM t WHERE id >= 500");  // the others are copied
    EXPECT_EQ(RowIdOf(7), "7 version 2");
    EXPECT_EQ(RowIdOf(499), "499 version 1");
    Rows(
        "MERGE INTO t USING (SELECT unnest([7, 9, 3000]) AS id) s ON t.id = s.id "
        "WHEN MATCHED AND s.id = 9 THEN DELETE WHEN MATCHED THEN UPDATE SET v = 'again' "
        "WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)");
    EXPECT_EQ(RowIdOf(7), "7 version 4");
    EXPECT_EQ(RowIdOf(10), "10 version 1");
    EXPECT_EQ(RowIdOf(9), "");
    EXPECT_NE(RowIdOf(3000), "");
    Rows("DROP TABLE t PURGE");
  }
}

TEST_F(RowChangesTest, NamedColumnsAloneHaveStatistics) {
  const auto number = DataType::Primitive(TypeId::kLong);
  Create({{"a", number}, {"b", DataType::Struct({{"c", number}, {"d", number}})}, {"e", number}},
         {{"delta.dataSkippingStatsColumns", "E, `b`.d, nothing"}});
  Rows("INSERT INTO t VALUES (1, {'c': 2, 'd': 3}, 4)");
  const auto stats = json::parse(LastActions("add").at(0)["stats"].get<std::string>());
  EXPECT_EQ(stats["minValues"].dump(), R"({"b":{"d":3},"e":4})");
}

TEST_F(RowChangesTest, ThreadsThatShareAFileLeaveItsDeletedRowsOut) {
  CreateNumbers(kVectors);
  Rows("INSERT OVERWRITE t SELECT i, 'v' || i FROM range(800000) r(i)");
  Rows("DELETE FROM t WHERE id % 100 = 7");
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(Rows("SELECT count(*), sum(id), max(v) FROM t"), "792000|316799944000|v99999;");
    EXPECT_EQ(Rows("SELECT count(*) FROM t WHERE id % 100 = 7"), "0;");
  }
}

TEST_F(RowChangesTest, MergeReadsOnlyFilesWithKeysOfItsSource) {
  CreateNumbers(kVectors);
  for (int part = 1; part < 6; ++part) {
    const std::string first = std::to_string(part * 1000);
    Rows("INSERT INTO t SELECT i, 'v' FROM range(" + first + ", " + first + " + 1000) r(i)");
  }
  // Between the least and the greatest key lie all files; only one has keys.
  const std::string keys =
      "MERGE INTO t USING (SELECT 2000 + i AS id FROM range(200) r(i) UNION ALL SELECT -5 UNION "
      "ALL "
      "SELECT 100000 + i FROM range(200) r(i)) s ON t.id = s.id ";
  Rows(keys +
       "WHEN MATCHED THEN UPDATE SET v = 'm' WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'i')");
  EXPECT_EQ(files_read_, 1);
  EXPECT_EQ(Rows("SELECT v, count(*) FROM t WHERE v IN ('m', 'i') GROUP BY v ORDER BY v"),
            "i|201;m|200;");
  EXPECT_EQ(Rows("SELECT count(*), count(DISTINCT id) FROM t"), "6201|6201;");
  Rows(keys + "WHEN NOT MATCHED BY SOURCE THEN DELETE");
  EXPECT_EQ(Rows("SELECT count(*) FROM t"), "401;");
}

}  // namespace
}  // namespace lakehouse::query::duckdb
