// What tables of others demand of the rows that SQL writes: constraints, generated columns,
// defaults, identity columns. The tables are made as another engine would make them.
#include <arrow/api.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "open_lake.h"
#include "query/engines/duckdb/duckdb_engine.h"
#include "storage/arrow_status.h"
#include "temporary_directory.h"

namespace lakehouse::query::duckdb {
namespace {

using storage::DataType;
using storage::Field;
using storage::TypeId;

const storage::DataTypePtr kLong = DataType::Primitive(TypeId::kLong);
const storage::DataTypePtr kInteger = DataType::Primitive(TypeId::kInteger);
const storage::DataTypePtr kText = DataType::Primitive(TypeId::kString);
const storage::DataTypePtr kDate = DataType::Primitive(TypeId::kDate);
const storage::DataTypePtr kTimestamp = DataType::Primitive(TypeId::kTimestamp);

std::string Quoted(const std::string& text) { return nlohmann::json(text).dump(); }

Field Generated(const std::string& name, storage::DataTypePtr type, const std::string& expression) {
  return {name, std::move(type), true, {{"delta.generationExpression", Quoted(expression)}}};
}
Field WithDefault(const std::string& name, storage::DataTypePtr type, const std::string& value) {
  return {name, std::move(type), true, {{"CURRENT_DEFAULT", Quoted(value)}}};
}
Field Identity(const std::string& name, int64_t start, int64_t step, bool explicit_allowed) {
  return {name,
          kLong,
          true,
          {{"delta.identity.start", std::to_string(start)},
           {"delta.identity.step", std::to_string(step)},
           {"delta.identity.allowExplicitInsert", explicit_allowed ? "true" : "false"}}};
}

class RowRulesTest : public testing::Test {
 protected:
  RowRulesTest() {
    lake_ = OpenLake(directory_, io::MakeLocalStore(directory_ / "data"), random_);
    engine_ = OpenDuckDbEngine(lake_, {.threads = 2, .memory_bytes = 1 << 30});
  }
  void Create(const std::string& name, std::vector<Field> fields,
              std::map<std::string, std::string> properties = {},
              std::vector<std::string> partitions = {}) {
    catalog::CreateTableRequest request;
    request.name = {"lake", "main", name};
    request.options.schema.fields = std::move(fields);
    request.options.properties = std::move(properties);
    request.options.partition_columns = std::move(partitions);
    lake_->CreateTable(security::LocalPrincipal(), request);
  }
  /// All cells, "a|b;c|d;".
  std::string Rows(const std::string& sql) {
    QueryRequest request;
    request.sql = sql;
    request.principal = security::LocalPrincipal();
    auto result = engine_->OpenSession(request.principal)->Execute(request);
    auto table = result.reader->ToTable();
    storage::ThrowErrorIn(table.status());
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
  std::string CodeOf(const std::string& sql) {
    return lakehouse::CodeOf([&] { Rows(sql); });
  }
  std::string MessageOf(const std::string& sql) {
    try {
      Rows(sql);
    } catch (const Error& error) {
      return error.message();
    }
    return {};
  }
  storage::SnapshotPtr Latest(const std::string& table) {
    return lake_
        ->Resolve(security::LocalPrincipal(), catalog::Action::kSelect, {"lake", "main", table})
        .table->Latest();
  }

  TemporaryDirectory directory_;
  SeededRandom random_{5};
  std::shared_ptr<catalog::Lake> lake_;
  std::unique_ptr<QueryEngine> engine_;
};

TEST_F(RowRulesTest, ConstraintsHoldForEveryNewRow) {
  Create("t", {{"id", kLong}, {"name", kText}},
         {{"delta.constraints.positive", "id > 0"},
          {"delta.constraints.named", "length(name) <= 3 OR `name` IS NULL"}});
  Rows("INSERT INTO t VALUES (1, 'abc'), (2, NULL)");
  EXPECT_EQ(CodeOf("INSERT INTO t VALUES (3, 'x'), (0, 'y')"), "LK-4041");
  EXPECT_EQ(CodeOf("INSERT INTO t VALUES (NULL, 'y')"), "LK-4041");  // null is no truth
  EXPECT_EQ(CodeOf("UPDATE t SET id = -id WHERE id = 2"), "LK-4041");
  EXPECT_EQ(CodeOf("MERGE INTO t USING (SELECT 7 AS id, 'long' AS name) s ON t.id = s.id "
                   "WHEN NOT MATCHED THEN INSERT *"),
            "LK-4041");
  const std::string message = MessageOf("INSERT INTO t VALUES (-5, 'bad')");
  EXPECT_NE(message.find("positive"), std::string::npos) << message;
  EXPECT_NE(message.find("id = -5"), std::string::npos) << message;
  EXPECT_EQ(Rows("SELECT * FROM t ORDER BY id"), "1|abc;2|null;");
  Rows("DELETE FROM t WHERE id = 1");
  EXPECT_EQ(Rows("SELECT count(*) FROM t"), "1;");
}

TEST_F(RowRulesTest, InvariantsOfFieldsHold) {
  const std::string small = R"({"expression":{"expression":"point.x < 10"}})";
  Create("t", {{"point",
                DataType::Struct({{"x", kLong, true, {{"delta.invariants", Quoted(small)}}}})}});
  Rows("INSERT INTO t VALUES ({'x': 9})");
  EXPECT_EQ(CodeOf("INSERT INTO t VALUES ({'x': 10})"), "LK-4041");
  EXPECT_EQ(CodeOf("INSERT INTO t VALUES (NULL)"), "LK-4041");
}

TEST_F(RowRulesTest, RulesThatAreNotUnderstoodRefuseTheWrite) {
  for (const std::string expression :
       {"soundex(id) = 'x'", "id > 1 extra", "id > (SELECT 1)", "id RLIKE 'a'", "sum(id) > 1",
        "nothing > 1", "id > 1, id > 2", "id >", "CAST(CAST(id AS DOUBLE) AS STRING) = '1.0'"}) {
    const std::string name = "t" + std::to_string(std::hash<std::string>()(expression));
    Create(name, {{"id", kLong}}, {{"delta.constraints.odd", expression}});
    EXPECT_EQ(CodeOf("INSERT INTO " + name + " VALUES (1)"), "LK-3020") << expression;
    EXPECT_EQ(Rows("SELECT count(*) FROM " + name), "0;");
  }
  Create("d", {{"id", kLong}, WithDefault("v", kText, "java_method('x')")});
  EXPECT_EQ(CodeOf("INSERT INTO d (id) VALUES (1)"), "LK-3020");
  EXPECT_EQ(Rows("SELECT count(*) FROM d"), "0;");
}

TEST_F(RowRulesTest, SparkSpellingsMeanWhatTheyMeanThere) {
  const std::vector<std::pair<std::string, std::string>> always = {
      {"null_safe", "s <=> s"},
      {"text", "s <> \"zzz\" OR s IS NULL"},
      {"not", "!(id = 77)"},
      {"long", "id < 5000000000L"},
      {"joined", "concat(s, 'x') IS NULL OR length(concat(s, 'x')) = length(s) + 1"},
      {"choice", "if(id > 0, TRUE, FALSE) OR nvl(id, 0) <= 0"},
      {"casts", "CAST(ts AS DATE) <= DATE '2100-01-01' AND ts < TIMESTAMP '2100-01-01 00:00:00'"},
      {"div", "id DIV 1 = id AND coalesce(id % 0, -1) = -1"},
      {"format", "date_format(ts, 'yyyy-MM') LIKE '2024-%'"},
      {"list", "id IN (1, 2, 3) AND id BETWEEN 1 AND 3"},
      {"case", "CASE WHEN id = 1 THEN TRUE ELSE id <> 1 END"}};
  for (const auto& [name, expression] : always) {
    Create(name, {{"id", kLong}, {"s", kText}, {"ts", kTimestamp}},
           {{"delta.constraints.c", expression}});
    EXPECT_EQ(MessageOf("INSERT INTO \"" + name +
                        "\" VALUES (1, 'a', TIMESTAMPTZ '2024-05-01 12:00:00Z'), "
                        "(2, NULL, TIMESTAMPTZ '2024-06-01 00:00:00Z')"),
              "")
        << expression;
  }
  // What is divided by zero is null, and null breaks a constraint.
  Create("ratio", {{"id", kLong}}, {{"delta.constraints.c", "10 / id > 1"}});
  EXPECT_EQ(CodeOf("INSERT INTO ratio VALUES (0)"), "LK-4041");
}

TEST_F(RowRulesTest, GeneratedColumnsAreComputedOrCompared) {
  Create("t",
         {{"ts", kTimestamp},
          Generated("day", kDate, "CAST(ts AS DATE)"),
          {"v", kLong},
          Generated("twice", kLong, "v * 2")},
         {}, {"day"});
  Rows("INSERT INTO t (ts, v) VALUES (TIMESTAMPTZ '2024-05-01 12:00:00Z', 5)");
  Rows("INSERT INTO t VALUES (TIMESTAMPTZ '2024-05-02 12:00:00Z', DATE '2024-05-02', 1, 2)");
  EXPECT_EQ(CodeOf("INSERT INTO t VALUES (TIMESTAMPTZ '2024-05-02 12:00:00Z', "
                   "DATE '2024-05-03', 1, 2)"),
            "LK-4042");
  EXPECT_EQ(CodeOf("INSERT INTO t VALUES (NULL, NULL, 1, NULL)"), "LK-4042");
  EXPECT_EQ(Rows("SELECT day, v, twice FROM t ORDER BY day"), "2024-05-01|5|10;2024-05-02|1|2;");
  Rows("UPDATE t SET v = 7 WHERE v = 5");
  EXPECT_EQ(CodeOf("UPDATE t SET twice = 1 WHERE v = 7"), "LK-4042");
  Rows("UPDATE t SET twice = DEFAULT, v = 8 WHERE v = 7");
  Rows(
      "MERGE INTO t USING (SELECT 8 AS v, 9 AS w UNION ALL SELECT 20, 21) s ON t.v = s.v "
      "WHEN MATCHED THEN UPDATE SET v = s.w "
      "WHEN NOT MATCHED THEN INSERT (ts, v) VALUES (TIMESTAMPTZ '2025-01-01 00:00:00Z', s.w)");
  EXPECT_EQ(Rows("SELECT day, v, twice FROM t ORDER BY v"),
            "2024-05-02|1|2;2024-05-01|9|18;2025-01-01|21|42;");
}

TEST_F(RowRulesTest, DefaultsStandForWhatIsLeftOut) {
  Create("t",
         {{"id", kLong}, WithDefault("v", kText, "'none'"), WithDefault("n", kInteger, "40 + 2")});
  Rows("INSERT INTO t (id) VALUES (1)");
  Rows("INSERT INTO t VALUES (2, DEFAULT, 7), (3, 'given', DEFAULT)");
  Rows("UPDATE t SET v = DEFAULT WHERE id = 3");
  Rows(
      "MERGE INTO t USING (SELECT 4 AS id) s ON t.id = s.id "
      "WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)");
  EXPECT_EQ(Rows("SELECT * FROM t ORDER BY id"), "1|none|42;2|none|7;3|none|42;4|none|42;");
}

TEST_F(RowRulesTest, IdentityColumnsCount) {
  Create("t", {Identity("id", 10, 5, false), {"v", kText}});
  Rows("INSERT INTO t (v) VALUES ('a'), ('b')");
  Rows("INSERT INTO t VALUES (DEFAULT, 'c')");
  Rows(
      "MERGE INTO t USING (SELECT 'd' AS v) s ON t.v = s.v "
      "WHEN NOT MATCHED THEN INSERT (v) VALUES (s.v)");
  EXPECT_EQ(Rows("SELECT * FROM t ORDER BY v"), "10|a;15|b;20|c;25|d;");
  EXPECT_EQ(Latest("t")->schema().fields[0].metadata.at("delta.identity.highWaterMark"), "25");
  EXPECT_EQ(CodeOf("INSERT INTO t VALUES (99, 'x')"), "LK-4043");
  EXPECT_EQ(CodeOf("INSERT INTO t SELECT 99, 'x'"), "LK-4043");
  EXPECT_EQ(CodeOf("UPDATE t SET id = 1"), "LK-4043");
  Rows("UPDATE t SET v = 'e' WHERE v = 'd'");
  EXPECT_EQ(Rows("SELECT id FROM t WHERE v = 'e'"), "25;");
  Create("down", {Identity("id", 0, -1, true), {"v", kText}});
  Rows("INSERT INTO down VALUES (77, 'given')");
  Rows("INSERT INTO down (v) SELECT 'x' FROM range(3)");
  EXPECT_EQ(Rows("SELECT id FROM down ORDER BY id"), "-2;-1;0;77;");
  Create("filled", {Identity("id", INT64_MAX, 1, false), {"v", kText}});
  Rows("INSERT INTO filled (v) VALUES ('last')");
  EXPECT_EQ(CodeOf("INSERT INTO filled (v) VALUES ('one more')"), "LK-4044");
  EXPECT_EQ(CodeOf("SELECT lake_identity(0)"), "LK-4011");
}

TEST_F(RowRulesTest, IdentitiesOfManySessionsAndThreadsAreUnique) {
  Create("t", {Identity("id", 1, 1, false), {"v", kLong}});
  Rows("INSERT INTO t (v) SELECT * FROM range(300000)");
  EXPECT_EQ(Rows("SELECT count(DISTINCT id), min(id), max(id) FROM t"), "300000|1|300000;");
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&] {
      for (int n = 0; n < 3; ++n) Rows("INSERT INTO t (v) VALUES (1), (2)");
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(Rows("SELECT count(DISTINCT id), count(*), max(id) FROM t"), "300024|300024|300024;");
}

TEST_F(RowRulesTest, NestedFieldsMustNotBeNullWhereTheirParentIsThere) {
  const auto inner = DataType::Struct({{"a", kLong, false}, {"b", kLong}});
  Create("t", {{"s", inner},
               {"l", DataType::Array(inner, false)},
               {"m", DataType::Map(kText, kLong, false)}});
  Rows("INSERT INTO t VALUES ({'a': 1, 'b': NULL}, [{'a': 1, 'b': 2}], MAP {'x': 1})");
  Rows("INSERT INTO t VALUES (NULL, NULL, NULL)");
  EXPECT_EQ(CodeOf("INSERT INTO t VALUES ({'a': NULL, 'b': 1}, NULL, NULL)"), "LK-4005");
  EXPECT_EQ(CodeOf("INSERT INTO t VALUES (NULL, [NULL], NULL)"), "LK-4005");
  EXPECT_EQ(CodeOf("INSERT INTO t VALUES (NULL, [{'a': NULL, 'b': 1}], NULL)"), "LK-4005");
  EXPECT_EQ(CodeOf("INSERT INTO t VALUES (NULL, NULL, MAP {'x': NULL})"), "LK-4005");
  EXPECT_EQ(Rows("SELECT count(*) FROM t"), "2;");
}

}  // namespace
}  // namespace lakehouse::query::duckdb
