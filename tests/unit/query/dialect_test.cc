#include "query/engines/duckdb/dialect/dialect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "error_code.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string Sql(const std::string& sql) { return std::get<DuckSql>(Parse(sql)).sql; }
std::string ParseCode(const std::string& sql) {
  return CodeOf([&] { Parse(sql); });
}
CreateTable Table(const std::string& sql) { return std::get<CreateTable>(Parse(sql)); }
std::string TypeOf(const std::string& type) {
  return Table("CREATE TABLE t (a " + type + ")").schema.fields.at(0).type->ToString();
}
std::string MessageOf(const std::string& sql) {
  try {
    Parse(sql);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(Dialect, LeavesDuckDbSqlAsItIs) {
  for (const std::string sql :
       {"SELECT 1", "select 'it''s `x`' as \"a\"\"b\", $$ `y` $$ /* `z` /* n */ */ -- `c`\n, 1",
        "SELECT $1, ?, $name, e'\\'`' FROM t WHERE a[1:2] = {'x': 1}.x",
        "SELECT a.1e5::DECIMAL(3,2)", "INSERT INTO a.b.c VALUES (1)", "CREATE VIEW v AS SELECT 1",
        "DESCRIBE SELECT 1", "DESCRIBE", "DROP SCHEMA s", "CREATE TEMP TABLE t (a INT PRIMARY KEY)",
        "SHOW ALL TABLES"}) {
    EXPECT_EQ(Sql(sql), sql);
  }
}

TEST(Dialect, DropsTheClosingSemicolon) { EXPECT_EQ(Sql("SELECT 1 ; ;"), "SELECT 1"); }

TEST(Dialect, QuotesBacktickNames) {
  EXPECT_EQ(Sql("SELECT `a b`.`c``d` FROM `e\"f`"), "SELECT \"a b\".\"c`d\" FROM \"e\"\"f\"");
}

TEST(Dialect, TurnsDeltaPathsIntoNames) {
  EXPECT_EQ(Sql("SELECT * FROM delta.`/x/y` t"), "SELECT * FROM lake_path.\"/x/y\" t");
  EXPECT_EQ(Sql("SELECT * FROM DELTA.`/x` VERSION AS OF 1"),
            "SELECT * FROM lake_path.\"/x\" AT (VERSION => 1)");
  EXPECT_EQ(Sql("SELECT delta.`t`.`c`, a.delta.`b`"), "SELECT delta.\"t\".\"c\", a.delta.\"b\"");
}

TEST(Dialect, TurnsVersionsIntoAt) {
  EXPECT_EQ(Sql("SELECT * FROM a.t VERSION AS OF 3 x JOIN u FOR SYSTEM_VERSION AS OF '4' ON true"),
            "SELECT * FROM a.t AS x AT (VERSION => 3) JOIN u AT (VERSION => 4) ON true");
  EXPECT_EQ(Sql("SELECT * FROM t FOR VERSION AS OF ?"), "SELECT * FROM t AT (VERSION => ?)");
  EXPECT_EQ(Sql("SELECT * FROM t AT (VERSION => 3)"), "SELECT * FROM t AT (VERSION => 3)");
}

TEST(Dialect, PutsTheAliasBeforeAt) {
  EXPECT_EQ(Sql("SELECT * FROM t VERSION AS OF 3 AS `x`(a, b) WHERE x.a"),
            "SELECT * FROM t AS \"x\"(a, b) AT (VERSION => 3) WHERE x.a");
  EXPECT_EQ(Sql("SELECT * FROM t TIMESTAMP AS OF '2024-01-01' x"),
            "SELECT * FROM t AS x AT (TIMESTAMP => TIMESTAMP '2024-01-01')");
}

TEST(Dialect, TurnsInsertOverwriteIntoInsert) {
  const auto overwrite = std::get<DuckSql>(Parse("INSERT OVERWRITE TABLE `a`.t SELECT 1"));
  EXPECT_EQ(overwrite.sql, "INSERT INTO            \"a\".t SELECT 1");
  EXPECT_TRUE(overwrite.overwrite);
  const auto into = std::get<DuckSql>(Parse("INSERT INTO TABLE t VALUES (1)"));
  EXPECT_EQ(into.sql, "INSERT INTO       t VALUES (1)");
  EXPECT_FALSE(into.overwrite);
  EXPECT_EQ(Sql("INSERT INTO table_of VALUES (1)"), "INSERT INTO table_of VALUES (1)");
  EXPECT_EQ(ParseCode("INSERT OVERWRITE DIRECTORY '/x' SELECT 1"), "LK-4012");
  EXPECT_EQ(ParseCode("INSERT OVERWRITE t PARTITION (a = 1) SELECT 1"), "LK-4012");
  EXPECT_EQ(ParseCode("INSERT INTO t REPLACE WHERE a = 1 SELECT 1"), "LK-4012");
  EXPECT_EQ(ParseCode("INSERT OVERWRITE"), "LK-4001");
}

TEST(Dialect, TurnsTimesIntoAt) {
  EXPECT_EQ(Sql("SELECT * FROM t TIMESTAMP AS OF '2024-01-01' WHERE a"),
            "SELECT * FROM t AT (TIMESTAMP => TIMESTAMP '2024-01-01') WHERE a");
  EXPECT_EQ(Sql("SELECT * FROM `t` FOR SYSTEM_TIME AS OF now() - INTERVAL 1 HOUR ORDER BY 1"),
            "SELECT * FROM \"t\" AT (TIMESTAMP => now() - INTERVAL 1 HOUR) ORDER BY 1");
  EXPECT_EQ(Sql("SELECT * FROM (SELECT * FROM t TIMESTAMP AS OF DATE '2024-01-01') x"),
            "SELECT * FROM (SELECT * FROM t AT (TIMESTAMP => DATE '2024-01-01')) x");
  EXPECT_EQ(Sql("SELECT * FROM t TIMESTAMP AS OF CAST('2024-01-01' AS TIMESTAMP), u"),
            "SELECT * FROM t AT (TIMESTAMP => CAST('2024-01-01' AS TIMESTAMP)), u");
}

TEST(Dialect, KeepsColumnsCalledVersion) {
  for (const std::string sql : {"SELECT version AS of FROM t", "SELECT a, timestamp AS of FROM t",
                                "SELECT t.version AS of", "SELECT 1 + version AS of"}) {
    EXPECT_EQ(Sql(sql), sql);
  }
}

TEST(Dialect, RefusesTimeTravelWithoutItsValue) {
  EXPECT_EQ(ParseCode("SELECT * FROM t VERSION AS OF"), "LK-4001");
  EXPECT_EQ(ParseCode("SELECT * FROM t VERSION AS OF x"), "LK-4001");
  EXPECT_EQ(ParseCode("SELECT * FROM t TIMESTAMP AS OF WHERE a"), "LK-4001");
  EXPECT_EQ(ParseCode("SELECT * FROM t TIMESTAMP AS OF (now()"), "LK-4001");
}

TEST(Dialect, ReadsCreateTableWithEveryClause) {
  const CreateTable table = Table(
      "create table if not exists `c`.s.\"T\" (id BIGINT NOT NULL COMMENT 'the \"key\"', d DATE) "
      "USING delta PARTITIONED BY (d, `id`) TBLPROPERTIES ('a.b' = 'x', c.d = TRUE, e=-3) "
      "COMMENT 'it''s' LOCATION '/tmp/x';");
  EXPECT_THAT(table.name, ElementsAre("c", "s", "T"));
  EXPECT_TRUE(table.if_not_exists);
  EXPECT_FALSE(table.or_replace);
  EXPECT_THAT(table.schema.Names(), ElementsAre("id", "d"));
  EXPECT_FALSE(table.schema.fields[0].nullable);
  EXPECT_EQ(table.schema.fields[0].metadata.at("comment"), "\"the \\\"key\\\"\"");
  EXPECT_TRUE(table.schema.fields[1].nullable);
  EXPECT_THAT(table.partition_columns, ElementsAre("d", "id"));
  EXPECT_THAT(table.properties,
              ElementsAre(Pair("a.b", "x"), Pair("c.d", "true"), Pair("e", "-3")));
  EXPECT_EQ(table.comment, "it's");
  EXPECT_EQ(table.location, "/tmp/x");
  EXPECT_EQ(table.as_select, "");
}

TEST(Dialect, ReadsCreateTableAsSelect) {
  const CreateTable table =
      Table("CREATE OR REPLACE TABLE t USING DELTA AS SELECT `a` FROM u VERSION AS OF 1;");
  EXPECT_TRUE(table.or_replace);
  EXPECT_TRUE(table.schema.fields.empty());
  EXPECT_EQ(table.as_select, "SELECT \"a\" FROM u AT (VERSION => 1)");
}

TEST(Dialect, KnowsTypesOfSparkAndDuckDb) {
  EXPECT_EQ(TypeOf("byte"), "tinyint");
  EXPECT_EQ(TypeOf("INT2"), "smallint");
  EXPECT_EQ(TypeOf("INT8"), "bigint");
  EXPECT_EQ(TypeOf("double precision"), "double");
  EXPECT_EQ(TypeOf("NUMERIC(10)"), "decimal(10,0)");
  EXPECT_EQ(TypeOf("TIMESTAMP WITH TIME ZONE"), "timestamp");
  EXPECT_EQ(TypeOf("TIMESTAMP WITHOUT TIME ZONE"), "timestamp_ntz");
  EXPECT_EQ(TypeOf("STRUCT<a: int, b: ARRAY<MAP<STRING,DECIMAL(3, 1)>>>"),
            "struct<a:int,b:array<map<string,decimal(3,1)>>>");
  EXPECT_EQ(TypeOf("STRUCT(a INT, b VARCHAR[])[][]"),
            "array<array<struct<a:int,b:array<string>>>>");
  EXPECT_EQ(TypeOf("MAP(VARCHAR, BLOB)"), "map<string,binary>");
}

TEST(Dialect, PrintedTypesAreReadBack) {
  for (const std::string type :
       {"boolean", "byte", "short", "int", "long", "float", "double", "decimal(38,10)", "string",
        "binary", "date", "timestamp", "timestamp_ntz", "struct<a:array<int>,b:map<int,long>>"}) {
    EXPECT_EQ(TypeOf(TypeOf(type)), TypeOf(type));
  }
}

TEST(Dialect, RefusesWhatTablesCannotKeepByName) {
  for (const std::string sql : {"CREATE TABLE t (a INT PRIMARY KEY)",
                                "CREATE TABLE t (a INT DEFAULT 1)",
                                "CREATE TABLE t (a INT, PRIMARY KEY (a))",
                                "CREATE TABLE t (a INT, CHECK (a > 1))",
                                "CREATE TABLE t (a HUGEINT)",
                                "CREATE TABLE t (a VARCHAR(3))",
                                "CREATE TABLE t (a DECIMAL)",
                                "CREATE TABLE t (a INT[3])",
                                "CREATE TABLE t (a, b) AS SELECT 1, 2",
                                "CREATE TABLE t (a INT) AS SELECT 1",
                                "CREATE TABLE t (a INT) USING PARQUET",
                                "CREATE TABLE t (a INT) PARTITIONED BY (bucket(4, a))",
                                "CREATE TABLE t (a INT) CLUSTER BY (a)",
                                "CREATE TABLE t LIKE u",
                                "CREATE TABLE t AS SELECT 1 WITH NO DATA",
                                "CREATE TABLE delta.`/x` (a INT)",
                                "CREATE SCHEMA s LOCATION '/x'",
                                "DROP TABLE t CASCADE",
                                "DROP TABLE t, u",
                                "DESCRIBE SCHEMA s",
                                "DESCRIBE t a",
                                "SHOW TBLPROPERTIES t ('k')"}) {
    EXPECT_EQ(ParseCode(sql), "LK-4012") << sql;
  }
  EXPECT_THAT(MessageOf("CREATE TABLE t (a INT DEFAULT 1)"), HasSubstr("DEFAULT"));
}

TEST(Dialect, SaysLineAndColumnOfSyntaxErrors) {
  for (const std::string sql : {"",
                                ";",
                                "-- only",
                                "CREATE TABLE",
                                "CREATE TABLE t",
                                "CREATE TABLE t (",
                                "CREATE TABLE t ()",
                                "CREATE TABLE t (a INT",
                                "CREATE TABLE a.b.c.d (x INT)",
                                "CREATE TABLE `` (x INT)",
                                "CREATE TABLE t (a INT) COMMENT 'x' COMMENT 'y'",
                                "CREATE TABLE t (a INT) nonsense",
                                "CREATE TABLE t AS",
                                "CREATE OR REPLACE TABLE IF NOT EXISTS t (a INT)",
                                "CREATE TABLE t (a INT) TBLPROPERTIES ('a'='1','a'='2')",
                                "SHOW COLUMNS",
                                "DROP TABLE",
                                "DESCRIBE HISTORY t LIMIT x",
                                "SELECT 1; SELECT 2",
                                "SELECT 'open",
                                "SELECT \"open",
                                "SELECT `open",
                                "SELECT /* open /* */",
                                "SELECT $$ open",
                                "SELECT ``"}) {
    EXPECT_EQ(ParseCode(sql), "LK-4001") << sql;
  }
  EXPECT_THAT(MessageOf("CREATE TABLE t (\n  ä INT,\n  ö\n INT; b"), HasSubstr("4:5"));
  EXPECT_THAT(MessageOf("SELECT 1,\n 'ä', 'x"), HasSubstr("2:7"));
}

TEST(Dialect, BoundsNestingAndSize) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "ARRAY<";
  EXPECT_EQ(ParseCode("CREATE TABLE t (a " + deep), "LK-4001");
  std::string lists = "CREATE TABLE t (a INT";
  for (int i = 0; i < 100'000; ++i) lists += "[]";
  EXPECT_EQ(ParseCode(lists + ")"), "LK-4001");
  std::string travel = "SELECT";
  for (int i = 0; i < 1'000; ++i) travel += " t VERSION AS OF (";
  EXPECT_EQ(ParseCode(travel + std::string(1'000, ')')), "LK-4001");
  EXPECT_EQ(ParseCode(std::string(kMaxStatementBytes + 1, ' ')), "LK-4001");
}

TEST(Dialect, ReadsSchemas) {
  const auto schema =
      std::get<CreateSchema>(Parse("CREATE DATABASE IF NOT EXISTS c.`s 1` COMMENT 'x'"));
  EXPECT_THAT(schema.name, ElementsAre("c", "s 1"));
  EXPECT_TRUE(schema.if_not_exists);
  EXPECT_EQ(schema.comment, "x");
}

TEST(Dialect, ReadsDescribe) {
  auto describe = std::get<Describe>(Parse("DESC EXTENDED a.b"));
  EXPECT_EQ(describe.what, Describe::kTable);
  EXPECT_TRUE(describe.extended);
  EXPECT_THAT(describe.name, ElementsAre("a", "b"));
  describe = std::get<Describe>(Parse("DESCRIBE HISTORY delta.`/x` LIMIT 5"));
  EXPECT_EQ(describe.what, Describe::kHistory);
  EXPECT_EQ(describe.path, "/x");
  EXPECT_TRUE(describe.name.empty());
  EXPECT_EQ(describe.limit, 5);
  EXPECT_EQ(std::get<Describe>(Parse("DESCRIBE DETAIL t")).what, Describe::kDetail);
  EXPECT_THAT(std::get<Describe>(Parse("DESCRIBE detail")).name, ElementsAre("detail"));
  EXPECT_THAT(std::get<Describe>(Parse("DESCRIBE history.t")).name, ElementsAre("history", "t"));
}

TEST(Dialect, ReadsShow) {
  auto show = std::get<Show>(Parse("SHOW TABLES IN a.b LIKE 'x%'"));
  EXPECT_EQ(show.what, Show::kTables);
  EXPECT_THAT(show.name, ElementsAre("a", "b"));
  EXPECT_EQ(show.like, "x%");
  EXPECT_EQ(std::get<Show>(Parse("SHOW CATALOGS")).what, Show::kCatalogs);
  EXPECT_EQ(std::get<Show>(Parse("show databases from c")).what, Show::kSchemas);
  EXPECT_EQ(std::get<Show>(Parse("SHOW VIEWS 'v*'")).like, "v*");
  EXPECT_EQ(std::get<Show>(Parse("SHOW COLUMNS FROM t")).what, Show::kColumns);
  EXPECT_EQ(std::get<Show>(Parse("SHOW CREATE TABLE t")).what, Show::kCreateTable);
  EXPECT_EQ(std::get<Show>(Parse("SHOW TBLPROPERTIES t")).what, Show::kTblProperties);
}

TEST(Dialect, ReadsDrops) {
  const auto table = std::get<DropTable>(Parse("DROP TABLE IF EXISTS t PURGE"));
  EXPECT_TRUE(table.if_exists && table.purge && !table.view);
  const auto view = std::get<DropTable>(Parse("DROP VIEW a.v"));
  EXPECT_TRUE(view.view && !view.if_exists && !view.purge);
  EXPECT_EQ(ParseCode("DROP VIEW v PURGE"), "LK-4001");
}

TEST(SplitStatements, RespectsQuotesCommentsAndDollars) {
  EXPECT_THAT(SplitStatements(" ;; SELECT ';' ; -- a;b\n SELECT $x$;$$;$x$, `;` /* ; /* ; */ */;"),
              ElementsAre("SELECT ';'", "SELECT $x$;$$;$x$, `;`"));
  EXPECT_THAT(SplitStatements(" -- nothing\n"), ElementsAre());
}

TEST(SplitStatements, KeepsWhatIsOpenForParseToExplain) {
  for (const std::string open : {"SELECT 'x;", "SELECT 1 /* ; ", "SELECT $$ ;", "SELECT e'\\';"}) {
    const auto pieces = SplitStatements("SELECT 1; " + open);
    EXPECT_THAT(pieces, ElementsAre("SELECT 1", open));
    EXPECT_EQ(ParseCode(pieces.back()), "LK-4001");
  }
}

}  // namespace
}  // namespace lakehouse::query::duckdb::dialect
