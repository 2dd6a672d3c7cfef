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

TEST(Dialect, TurnsSparksLiteralsIntoCasts) {
  EXPECT_EQ(Sql("SELECT 1L, -128Y, 2 -1S, 1.50BD"),
            "SELECT CAST('1' AS BIGINT), CAST('-128' AS TINYINT), 2 -CAST('1' AS SMALLINT), "
            "CAST('1.50' AS DECIMAL(3,2))");
  EXPECT_EQ(Sql("SELECT X'1F2', 1 L, a.1L, $1 D"),
            "SELECT CAST('\\x01\\xF2' AS BLOB), 1 L, a.1L, $1 D");
  EXPECT_EQ(Sql("SELECT INTERVAL -1 DAY '2' HOURS, INTERVAL 1 DAY"),
            "SELECT INTERVAL '-1 DAY 2 HOUR', INTERVAL 1 DAY");
  EXPECT_EQ(Sql("SELECT INTERVAL '-1 2:03' DAY TO MINUTE"),
            "SELECT INTERVAL '-1 DAY -2 HOUR -03 MINUTE'");
  EXPECT_EQ(Sql("SELECT CAST(a AS MAP<STRING, ARRAY<BYTE>>), b::TIMESTAMP_LTZ"),
            "SELECT CAST(a AS MAP(string, TINYINT[])), b::TIMESTAMP WITH TIME ZONE");
  for (const char* wrong :
       {"SELECT 128Y", "SELECT 1.5L", "SELECT X'1G'", "SELECT INTERVAL '1-12' YEAR TO MONTH"}) {
    EXPECT_EQ(ParseCode(wrong), "LK-4001") << wrong;
  }
}

TEST(Dialect, TurnsPathsIntoCalls) {
  EXPECT_EQ(Sql("SELECT t.v:a.`b c`[0]::int, f(x):['it''s'] FROM t"),
            "SELECT variant_get(t.v, '$.a[''b c''][0]')::int, "
            "variant_get(f(x), '$[\"it''s\"]') FROM t");
  for (const char* plain : {"SELECT e: a, f:1, g:sum(x) FROM a:t", "SELECT {a:b}, l[a:b], x::int",
                            "SELECT list_transform(l, lambda x, y:x)", "FROM a:t, b:u"}) {
    EXPECT_EQ(Sql(plain), plain);
  }
}

TEST(Dialect, PutsTheAliasBeforeAt) {
  EXPECT_EQ(Sql("SELECT * FROM t VERSION AS OF 3 AS `x`(a, b) WHERE x.a"),
            "SELECT * FROM t AS \"x\"(a, b) AT (VERSION => 3) WHERE x.a");
  EXPECT_EQ(Sql("SELECT * FROM t TIMESTAMP AS OF '2024-01-01' x"),
            "SELECT * FROM t AS x AT (TIMESTAMP => TIMESTAMP '2024-01-01')");
}

TEST(Dialect, TurnsInsertOverwriteIntoInsert) {
  const auto overwrite = std::get<InsertRows>(Parse("INSERT OVERWRITE TABLE `a`.t SELECT 1"));
  EXPECT_EQ(overwrite.plain, "INSERT INTO            \"a\".t SELECT 1");
  EXPECT_TRUE(overwrite.overwrite);
  EXPECT_THAT(overwrite.name, ElementsAre("a", "t"));
  EXPECT_EQ(Sql("INSERT INTO TABLE t VALUES (1)"), "INSERT INTO       t VALUES (1)");
  EXPECT_EQ(Sql("INSERT INTO table_of VALUES (1)"), "INSERT INTO table_of VALUES (1)");
  EXPECT_EQ(ParseCode("INSERT OVERWRITE DIRECTORY '/x' SELECT 1"), "LK-4012");
  EXPECT_EQ(ParseCode("INSERT OVERWRITE"), "LK-4001");
}

TEST(Dialect, ReadsTheClausesOfInsert) {
  const auto insert = std::get<InsertRows>(
      Parse("INSERT INTO t PARTITION (p = 1, q) (a, q) SELECT `a`, 'x' FROM u"));
  EXPECT_EQ(insert.plain, "");
  EXPECT_EQ(insert.partitions.size(), 2u);
  EXPECT_EQ(insert.partitions[0].value, "1");
  EXPECT_EQ(insert.partitions[1].value, std::nullopt);
  EXPECT_THAT(insert.columns, ElementsAre("a", "q"));
  EXPECT_EQ(insert.rows, "SELECT \"a\", 'x' FROM u");
  const auto replace = std::get<InsertRows>(Parse(
      "INSERT INTO t REPLACE WHERE `d` >= DATE '2024-01-01' AND a IS DISTINCT FROM 3 SELECT 1"));
  EXPECT_EQ(replace.replace_where, "\"d\" >= DATE '2024-01-01' AND a IS DISTINCT FROM 3");
  EXPECT_EQ(replace.rows, "SELECT 1");
  EXPECT_TRUE(std::get<InsertRows>(Parse("INSERT INTO t (a) BY NAME SELECT 1 AS a")).by_name);
  EXPECT_EQ(ParseCode("INSERT INTO t PARTITION (p = ?) SELECT 1"), "LK-4012");
  EXPECT_EQ(ParseCode("INSERT INTO t REPLACE WHERE a = 1"), "LK-4001");
  EXPECT_EQ(ParseCode("INSERT INTO t REPLACE USING (a) SELECT 1"), "LK-4012");
}

TEST(Dialect, TakesTheTargetOutOfAssignments) {
  EXPECT_EQ(Sql("UPDATE t SET t.a = 1, b = t.b WHERE t.a = 2"),
            "UPDATE t SET   a = 1, b = t.b WHERE t.a = 2");
  EXPECT_EQ(Sql("UPDATE s.t AS `x` SET `x`.a = (SELECT max(x.b), 1)"),
            "UPDATE s.t AS \"x\" SET     a = (SELECT max(x.b), 1)");
  const auto fields = std::get<DuckSql>(Parse("UPDATE t SET id = 1,\n t.s.`a b` = 2"));
  EXPECT_EQ(fields.sql, "UPDATE t SET id = 1,\n   \"" + FieldColumn(0) + "\" = 2");
  ASSERT_EQ(fields.fields.size(), 1U);
  EXPECT_THAT(fields.fields[0].path, ElementsAre("s", "a b"));
  EXPECT_EQ(fields.fields[0].place, " (line 2, column 4)");
  EXPECT_EQ(Sql("MERGE INTO t x USING s ON x.a = s.a WHEN MATCHED THEN UPDATE SET x.b = s.b"),
            "MERGE INTO t x USING s ON x.a = s.a WHEN MATCHED THEN UPDATE SET   b = s.b");
  EXPECT_EQ(Sql("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET * "
                "WHEN NOT MATCHED THEN INSERT *"),
            "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE BY NAME "
            "WHEN NOT MATCHED THEN INSERT BY NAME");
}

TEST(Dialect, ReadsTimesThatAreExpressions) {
  const auto restore = std::get<Restore>(
      Parse("RESTORE t TO TIMESTAMP AS OF current_timestamp() - INTERVAL 1 HOUR"));
  EXPECT_EQ(restore.to.expression, "current_timestamp - INTERVAL 1 HOUR");
  EXPECT_EQ(
      std::get<Restore>(Parse("RESTORE t TO TIMESTAMP AS OF TIMESTAMP '2024-01-01'")).to.timestamp,
      "2024-01-01");
  const auto clone =
      std::get<CloneTable>(Parse("CREATE TABLE a CLONE b TIMESTAMP AS OF f(1, (2)) LOCATION '/x'"));
  EXPECT_EQ(clone.as_of.expression, "f(1, (2))");
  EXPECT_EQ(clone.location, "/x");
}

TEST(Dialect, NamesTheFieldsOfStructs) {
  EXPECT_EQ(Sql("SELECT struct(a.b, c + 1 AS `d e`, 2)"),
            "SELECT struct_pack(\"b\" := a.b, \"d e\" := c + 1, \"col3\" := 2)");
  EXPECT_EQ(Sql("SELECT CAST(x AS STRUCT(a STRUCT(b INT))), y::STRUCT(a INT), struct(a := 1)"),
            "SELECT CAST(x AS STRUCT(a STRUCT(b INT))), y::STRUCT(a INT), struct_pack(a := 1)");
}

TEST(Dialect, LimitsWhatIsNestedInItself) {
  std::string calls = "1";
  for (int i = 0; i < 200; ++i) calls = "struct(" + calls + ")";
  EXPECT_EQ(ParseCode("SELECT " + calls), "LK-4001");
  std::string views = "1";
  for (int i = 0; i < 200; ++i) {
    views = "(SELECT k FROM t LATERAL VIEW explode(" + views + ") v AS k, w)";
  }
  EXPECT_EQ(ParseCode("SELECT " + views), "LK-4001");
}

TEST(Dialect, TurnsLateralViewsIntoJoins) {
  EXPECT_EQ(Sql("SELECT x FROM t LATERAL VIEW OUTER explode(`l`) v AS x WHERE true"),
            "SELECT x FROM t LEFT JOIN LATERAL (SELECT unnest(given.parts) AS \"x\" FROM "
            "(SELECT \"l\" AS parts) AS given) AS \"v\" ON true WHERE true");
  EXPECT_EQ(ParseCode("SELECT 1 FROM t LATERAL VIEW nothing(l) v"), "LK-4012");
  EXPECT_EQ(ParseCode("SELECT 1 FROM t LATERAL VIEW explode(l, l) v"), "LK-4001");
}

TEST(Dialect, QuotesAColumnCalledAt) {
  EXPECT_EQ(Sql("SELECT at FROM t WHERE at < 3 AND t.At = 2"),
            "SELECT \"at\" FROM t WHERE \"at\" < 3 AND t.\"At\" = 2");
  EXPECT_EQ(Sql("SELECT x AT TIME ZONE 'UTC' FROM t AT (VERSION => 1)"),
            "SELECT x AT TIME ZONE 'UTC' FROM t AT (VERSION => 1)");
}

TEST(Dialect, ReadsWhatColumnsKeep) {
  const CreateTable table = Table(
      "CREATE TABLE t (id BIGINT GENERATED BY DEFAULT AS IDENTITY (START WITH -5 INCREMENT BY 2), "
      "a INT DEFAULT 1 + f(2, 3) NOT NULL, b INT GENERATED ALWAYS AS (a * (2)) COMMENT 'x', "
      "c INT CONSTRAINT pos CHECK (c > 0), CHECK (a < b), CONSTRAINT `n` CHECK (b <> ')')) "
      "CLUSTER BY (a, s.b)");
  EXPECT_EQ(table.schema.fields[0].metadata.at("delta.identity.start"), "-5");
  EXPECT_EQ(table.schema.fields[0].metadata.at("delta.identity.step"), "2");
  EXPECT_EQ(table.schema.fields[0].metadata.at("delta.identity.allowExplicitInsert"), "true");
  EXPECT_EQ(table.schema.fields[1].metadata.at("CURRENT_DEFAULT"), "\"1 + f(2, 3)\"");
  EXPECT_FALSE(table.schema.fields[1].nullable);
  EXPECT_EQ(table.schema.fields[2].metadata.at("delta.generationExpression"), "\"a * (2)\"");
  ASSERT_EQ(table.rules.size(), 5u);
  EXPECT_EQ(table.rules[2].name, "pos");
  EXPECT_EQ(table.rules[3].text, "a < b");
  EXPECT_EQ(table.rules[4].text, "b <> ')'");
  EXPECT_EQ(table.rules[0].place, "1:106");
  ASSERT_TRUE(table.cluster_by.has_value());
  EXPECT_THAT(table.cluster_by->at(1), ElementsAre("s", "b"));
  EXPECT_EQ(ParseCode("CREATE TABLE t (a INT DEFAULT 1 DEFAULT 2)"), "LK-4001");
  EXPECT_EQ(ParseCode("CREATE TABLE t (a INT GENERATED BY DEFAULT AS (1))"), "LK-4001");
  EXPECT_EQ(ParseCode("CREATE TABLE t (a INT, CHECK ())"), "LK-4001");
  EXPECT_EQ(ParseCode("CREATE TABLE t (a BIGINT GENERATED ALWAYS AS IDENTITY (START WITH x))"),
            "LK-4001");
}

TableChange Change(const std::string& sql) { return std::get<AlterTable>(Parse(sql)).change; }

TEST(Dialect, ReadsAlterTable) {
  const auto add = std::get<AddColumns>(
      Change("ALTER TABLE t ADD COLUMNS (a.b INT COMMENT 'x' AFTER `c`, d STRING FIRST)"));
  ASSERT_EQ(add.columns.size(), 2u);
  EXPECT_THAT(add.columns[0].parent, ElementsAre("a"));
  EXPECT_EQ(add.columns[0].field.name, "b");
  EXPECT_EQ(add.columns[0].place.ToString(), "after c");
  EXPECT_EQ(add.columns[1].place.ToString(), "first");
  EXPECT_TRUE(std::get<DropColumns>(Change("ALTER TABLE t DROP COLUMN IF EXISTS a.b")).if_exists);
  EXPECT_EQ(std::get<RenameColumn>(Change("ALTER TABLE t RENAME COLUMN a TO b")).name, "b");
  EXPECT_EQ(std::get<RenameColumn>(Change("ALTER TABLE t RENAME a TO b")).name, "b");
  EXPECT_THAT(std::get<RenameTable>(Change("ALTER TABLE t RENAME TO s.u")).name,
              ElementsAre("s", "u"));
  EXPECT_EQ(std::get<ChangeColumn>(Change("ALTER TABLE t ALTER a TYPE BIGINT")).type->ToString(),
            "bigint");
  const auto hive =
      std::get<ChangeColumn>(Change("ALTER TABLE t CHANGE COLUMN a a LONG COMMENT 'c' FIRST"));
  EXPECT_EQ(hive.comment, "c");
  EXPECT_EQ(hive.place.ToString(), "first");
  EXPECT_EQ(std::get<ChangeColumn>(Change("ALTER TABLE t ALTER COLUMN a SET NOT NULL")).nullable,
            false);
  EXPECT_EQ(
      std::get<ChangeColumn>(Change("ALTER TABLE t ALTER a SET DEFAULT -1")).set_default->text,
      "-1");
  EXPECT_EQ(
      std::get<AddConstraint>(Change("ALTER TABLE t ADD CONSTRAINT p CHECK (a > 0)")).rule.name,
      "p");
  EXPECT_TRUE(std::get<ClusterBy>(Change("ALTER TABLE t CLUSTER BY NONE")).columns.empty());
  EXPECT_THAT(
      std::get<UnsetProperties>(Change("ALTER TABLE t UNSET TBLPROPERTIES ('a', b.c)")).keys,
      ElementsAre("a", "b.c"));
  EXPECT_EQ(std::get<CommentTable>(Change("COMMENT ON TABLE t IS 'x'")).comment, "x");
  const auto comment = std::get<AlterTable>(Parse("COMMENT ON COLUMN s.t.a IS NULL"));
  EXPECT_THAT(comment.name, ElementsAre("s", "t"));
  EXPECT_EQ(std::get<ChangeColumn>(comment.change).comment, "");
  const auto drop = std::get<DropFeature>(
      Change("ALTER TABLE t DROP FEATURE typeWidening-preview TRUNCATE HISTORY"));
  EXPECT_EQ(drop.feature, "typeWidening-preview");
  EXPECT_TRUE(drop.truncate_history);
  EXPECT_EQ(std::get<DropFeature>(Change("ALTER TABLE t DROP FEATURE 'x'")).feature, "x");
  EXPECT_EQ(std::get<DropColumns>(Change("ALTER TABLE t DROP feature")).columns.size(), 1u);
  for (const std::string refused :
       {"ADD PARTITION (a = 1)", "DROP PARTITION (a = 1)", "ADD PRIMARY KEY (a)",
        "SET LOCATION '/x'", "REPLACE COLUMNS (a INT)", "ALTER COLUMN a SYNC IDENTITY",
        "CHANGE COLUMN a b INT", "CLUSTER BY AUTO", "ALTER COLUMN a TYPE INT USING a + 1",
        "ADD COLUMN a"}) {
    EXPECT_EQ(ParseCode("ALTER TABLE t " + refused), "LK-4012") << refused;
  }
  for (const std::string wrong : {"", "ADD COLUMN", "DROP COLUMN", "RENAME COLUMN a", "ALTER a",
                                  "SET TBLPROPERTIES (a)", "ADD COLUMN a INT FIRST FIRST"}) {
    EXPECT_EQ(ParseCode("ALTER TABLE t " + wrong), "LK-4001") << wrong;
  }
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
                                "CREATE TABLE t (a INT, PRIMARY KEY (a))",
                                "CREATE TABLE t (a HUGEINT)",
                                "CREATE TABLE t (a VARCHAR(3))",
                                "CREATE TABLE t (a DECIMAL)",
                                "CREATE TABLE t (a INT[3])",
                                "CREATE TABLE t (a, b) AS SELECT 1, 2",
                                "CREATE TABLE t (a INT) AS SELECT 1",
                                "CREATE TABLE t (a INT) USING PARQUET",
                                "CREATE TABLE t (a INT) PARTITIONED BY (bucket(4, a))",
                                "CREATE TABLE t (a INT) CLUSTERED BY (a) INTO 4 BUCKETS",
                                "CREATE TABLE t (a INT REFERENCES u)",
                                "CREATE TABLE t AS SELECT 1 WITH NO DATA",
                                "CREATE TABLE delta.`/x` (a INT)",
                                "CREATE SCHEMA s LOCATION '/x'",
                                "DROP TABLE t CASCADE",
                                "DROP TABLE t, u",
                                "DESCRIBE FUNCTION f",
                                "DESCRIBE t PARTITION (a = 1)",
                                "MSCK REPAIR TABLE t",
                                "CACHE TABLE t AS SELECT 1"}) {
    EXPECT_EQ(ParseCode(sql), "LK-4012") << sql;
  }
  EXPECT_THAT(MessageOf("CREATE TABLE t (a INT PRIMARY KEY)"), HasSubstr("PRIMARY"));
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
