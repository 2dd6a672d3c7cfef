#include "ingestion/connectors/postgresql/postgresql_source.h"

#include <gtest/gtest.h>

#include <set>

#include "ingestion/connectors/postgresql/test_server.h"
#include "ingestion/source_rows.h"

namespace lakehouse::ingestion::connectors::postgresql {
namespace {

class PostgresqlSourceTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(TestServer::Available()) << "PostgreSQL 15 is missing: ./dev setup installs it";
  }
  static SourceRows Read(const std::string& table, const SourceOptions& more = {},
                         std::shared_ptr<arrow::Schema> target = nullptr) {
    SourceOptions options = SharedServer().Options(table);
    for (const auto& [key, value] : more) options[key] = value;
    return ReadSource(*MakePostgresqlSource(options), {}, std::move(target));
  }
  /// A table of one column `v` with these rows (SQL texts).
  static std::string OneColumn(const std::string& type, const std::vector<std::string>& values) {
    static int number = 0;
    const std::string name = "one_" + std::to_string(++number);
    std::string sql = "CREATE TABLE " + name + " (v " + type + ");\n";
    for (const auto& value : values) sql += "INSERT INTO " + name + " VALUES (" + value + ");\n";
    SharedServer().Execute(sql);
    return name;
  }
  static std::vector<std::string> Values(const SourceRows& rows) {
    std::vector<std::string> values;
    for (int64_t i = 0; i < rows.table->num_rows(); ++i) values.push_back(rows.Cell("v", i));
    return values;
  }
  /// Type and values of a column, in one text.
  static std::string Copied(const std::string& type, const std::vector<std::string>& values,
                            const SourceOptions& more = {}) {
    const SourceRows rows = Read(OneColumn(type, values), more);
    std::string text = rows.TypeOf("v") + ":";
    for (const auto& value : Values(rows)) text += " " + value;
    return text;
  }
};

TEST_F(PostgresqlSourceTest, CopiesNumbersExactly) {
  EXPECT_EQ(Copied("boolean", {"true", "false", "NULL"}), "bool: true false null");
  EXPECT_EQ(Copied("smallint", {"-32768", "32767", "NULL"}), "int16: -32768 32767 null");
  EXPECT_EQ(Copied("integer", {"-2147483648", "2147483647"}), "int32: -2147483648 2147483647");
  EXPECT_EQ(Copied("bigint", {"-9223372036854775808", "9223372036854775807"}),
            "int64: -9223372036854775808 9223372036854775807");
  EXPECT_EQ(Copied("oid", {"4294967295"}), "int64: 4294967295");
  EXPECT_EQ(Copied("real", {"1.5", "'NaN'", "'-Infinity'"}), "float: 1.5 nan -inf");
  EXPECT_EQ(Copied("double precision", {"0.1", "1.7976931348623157e308", "NULL"}),
            "double: 0.1 1.7976931348623157e+308 null");
}

TEST_F(PostgresqlSourceTest, CopiesNumericExactly) {
  EXPECT_EQ(Copied("numeric(10,2)", {"12345678.91", "-0.01", "0", "1", "100000", "NULL"}),
            "decimal128(10, 2): 12345678.91 -0.01 0.00 1.00 100000.00 null");
  EXPECT_EQ(Copied("numeric(38,0)", {"99999999999999999999999999999999999999"}),
            "decimal128(38, 0): 99999999999999999999999999999999999999");
  EXPECT_EQ(Copied("numeric(38,38)", {"0.00000000000000000000000000000000000001"}),
            "decimal128(38, 38): 1E-38");
  EXPECT_EQ(Copied("numeric(3,-2)", {"12345", "-99900"}), "decimal128(5, 0): 12300 -99900");
  EXPECT_EQ(Copied("numeric(2,5)", {"0.00012"}), "decimal128(5, 5): 0.00012");
}

TEST_F(PostgresqlSourceTest, CopiesUnconstrainedNumericAsTextOrByOption) {
  const std::vector<std::string> values = {"1234567890123456789012345678901234567890.5",
                                           "0.000000001", "'NaN'", "10000", "-1.50"};
  EXPECT_EQ(Copied("numeric", values),
            "string: 1234567890123456789012345678901234567890.5 0.000000001 NaN 10000 -1.50");
  EXPECT_EQ(Copied("numeric(50,2)", {"1.5"}), "string: 1.50");
  EXPECT_EQ(Copied("numeric", {"1.5", "-0.000000001"}, {{"numeric", "decimal(38,9)"}}),
            "decimal128(38, 9): 1.500000000 -1E-9");
  const std::string table = OneColumn("numeric", values);
  EXPECT_EQ(CodeOf([&] { Read(table, {{"numeric", "decimal(38,9)"}}); }), "LK-5035");
}

TEST_F(PostgresqlSourceTest, CopiesTextAndBytes) {
  EXPECT_EQ(Copied("text", {"'gr\u00fc\u00df'", "''", "NULL"}), "string: gr\u00fc\u00df  null");
  EXPECT_EQ(Copied("varchar(10)", {"'abc'"}), "string: abc");
  EXPECT_EQ(Copied("char(5)", {"'abc'"}), "string: abc  ");
  EXPECT_EQ(Copied("name", {"'abc'"}), "string: abc");
  EXPECT_EQ(Copied("\"char\"", {"'x'"}), "string: x");
  EXPECT_EQ(Copied("json", {"'{\"a\": 1}'"}), "string: {\"a\": 1}");
  EXPECT_EQ(Copied("jsonb", {"'{\"a\":1}'", "NULL"}), "string: {\"a\": 1} null");
  const SourceRows bytes = Read(OneColumn("bytea", {"'\\x00ff'", "NULL"}));
  EXPECT_EQ(bytes.TypeOf("v"), "binary");
  EXPECT_EQ(bytes.table->column(0)->GetScalar(0).ValueOrDie()->ToString(),
            arrow::BinaryScalar(arrow::Buffer::FromString(std::string("\0\xff", 2))).ToString());
}

TEST_F(PostgresqlSourceTest, CopiesTimes) {
  EXPECT_EQ(Copied("date", {"'1970-01-01'", "'0001-01-01'", "'9999-12-31'", "NULL"}),
            "date32[day]: 1970-01-01 0001-01-01 9999-12-31 null");
  EXPECT_EQ(Copied("timestamp", {"'2013-01-01 05:00:00.123456'", "NULL"}),
            "timestamp[us]: 2013-01-01 05:00:00.123456 null");
  EXPECT_EQ(Copied("timestamptz", {"'2013-01-01 05:00:00+02'"}),
            "timestamp[us, tz=UTC]: 2013-01-01 03:00:00.000000Z");
  EXPECT_EQ(Copied("time", {"'05:06:07.5'"}), "string: 05:06:07.5");
  EXPECT_EQ(Copied("interval", {"'1 year 2 days 3 hours'"}), "string: P1Y2DT3H");
}

TEST_F(PostgresqlSourceTest, DoesNotGuessInfiniteTimes) {
  const std::string date = OneColumn("date", {"'infinity'", "'2000-01-01'"});
  const std::string stamp = OneColumn("timestamptz", {"'-infinity'"});
  const std::string far = OneColumn("timestamp", {"'294276-12-31 23:59:59'"});
  EXPECT_EQ(CodeOf([&] { Read(date); }), "LK-5035");
  EXPECT_EQ(CodeOf([&] { Read(stamp); }), "LK-5035");
  EXPECT_EQ(CodeOf([&] { Read(far, {{"special_values", "null"}}); }), "LK-5035");
  EXPECT_EQ(Read(date, {{"special_values", "null"}}).table->column(0)->null_count(), 1);
  EXPECT_EQ(Read(stamp, {{"special_values", "null"}}).Cell("v", 0), "null");
}

TEST_F(PostgresqlSourceTest, RescuesSpecialValuesWithTheirText) {
  SharedServer().Execute(
      "CREATE TABLE specials (id int, d date, n numeric(5,2), t timestamptz);"
      "INSERT INTO specials VALUES (1, 'infinity', 'NaN', '-infinity'),"
      " (2, '2000-01-01', 1.5, '2000-01-01 00:00Z');");
  const SourceOptions rescue = {{"special_values", "rescue"}};
  const SourceRows rows = Read("specials", rescue);
  EXPECT_EQ(rows.rescued, 1);
  EXPECT_EQ(rows.Cell("d", 0), "null");
  EXPECT_EQ(rows.Cell("n", 1), "1.50");
  EXPECT_EQ(
      rows.Cell("_rescued_data", 0),
      "{\"d\":\"infinity\",\"n\":\"NaN\",\"t\":\"-infinity\",\"_file_path\":\"public.specials\"}");
  EXPECT_EQ(rows.Cell("_rescued_data", 1), "null");
  const std::string large = OneColumn("numeric", {"1e30", "2"});
  EXPECT_EQ(Read(large, {{"special_values", "rescue"}, {"numeric", "decimal(9,2)"}})
                .Cell("_rescued_data", 0),
            "{\"v\":\"1000000000000000000000000000000\",\"_file_path\":\"public." + large + "\"}");
  // An element of an array has no place of its own there, and a target may have no place at all.
  const std::string array = OneColumn("date[]", {"'{infinity}'"});
  EXPECT_EQ(CodeOf([&] { Read(array, rescue); }), "LK-5035");
  const auto bare = arrow::schema({arrow::field("v", arrow::date32())});
  const std::string date = OneColumn("date", {"'infinity'"});
  EXPECT_EQ(CodeOf([&] { Read(date, rescue, bare); }), "LK-5033");
}

TEST_F(PostgresqlSourceTest, CopiesMoneyExactly) {
  EXPECT_EQ(Copied("money", {"'12.34'", "'-92233720368547758.08'", "NULL"}),
            "decimal128(19, 2): 12.34 -92233720368547758.08 null");
  EXPECT_EQ(Read(OneColumn("money[]", {"'{1.5,NULL}'"})).Cell("v", 0),
            "list<item: decimal128(19, 2)>[1.50, null]");
}

TEST_F(PostgresqlSourceTest, CopiesOtherTypesAsText) {
  SharedServer().Execute(
      "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE pair AS (a int, b text);"
      "CREATE DOMAIN positive AS integer CHECK (VALUE > 0);"
      "CREATE DOMAIN price AS numeric(8,2);");
  EXPECT_EQ(Copied("uuid", {"'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"}),
            "string: a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
  EXPECT_EQ(Copied("mood", {"'ok'", "NULL"}), "string: ok null");
  EXPECT_EQ(Copied("pair", {"'(1,x)'"}), "string: (1,x)");
  EXPECT_EQ(Copied("inet", {"'10.0.0.1/8'"}), "string: 10.0.0.1/8");
  EXPECT_EQ(Copied("cidr", {"'10.0.0.0/8'"}), "string: 10.0.0.0/8");
  EXPECT_EQ(Copied("macaddr", {"'08:00:2b:01:02:03'"}), "string: 08:00:2b:01:02:03");
  EXPECT_EQ(Copied("bit(3)", {"B'101'"}), "string: 101");
  EXPECT_EQ(Copied("bit varying(5)", {"B'10'", "NULL"}), "string: 10 null");
  EXPECT_EQ(Copied("timetz", {"'05:06:07.5+02'"}), "string: 05:06:07.5+02");
  EXPECT_EQ(Copied("point", {"'(1.5,2)'"}), "string: (1.5,2)");
  EXPECT_EQ(Copied("xml", {"'<a/>'"}), "string: <a/>");
  EXPECT_EQ(Copied("tsvector", {"'fat cat'"}), "string: 'cat' 'fat'");
  EXPECT_EQ(Copied("int4range", {"'[1,5)'"}), "string: [1,5)");
  EXPECT_EQ(Copied("tstzrange", {"'[2000-01-01 02:00+02,2000-01-02 00:00+00)'"}),
            "string: [\"2000-01-01 00:00:00+00\",\"2000-01-02 00:00:00+00\")");
  EXPECT_EQ(Copied("int4multirange", {"'{[1,3),[5,7)}'"}), "string: {[1,3),[5,7)}");
  EXPECT_EQ(Copied("mood[]", {"'{sad,ok}'"}), "list<item: string>: list<item: string>[sad, ok]");
  EXPECT_EQ(Copied("positive", {"7"}), "int32: 7");
  EXPECT_EQ(Copied("price", {"7.5"}), "decimal128(8, 2): 7.50");
}

TEST_F(PostgresqlSourceTest, CopiesArraysOfOneDimension) {
  const SourceRows ints = Read(OneColumn("int[]", {"'{1,NULL,3}'", "'{}'", "NULL"}));
  EXPECT_EQ(ints.TypeOf("v"), "list<item: int32>");
  EXPECT_EQ(Values(ints), (std::vector<std::string>{"list<item: int32>[1, null, 3]",
                                                    "list<item: int32>[]", "null"}));
  EXPECT_EQ(Read(OneColumn("text[]", {"'{a,\"b c\"}'"})).Cell("v", 0),
            "list<item: string>[a, b c]");
  EXPECT_EQ(Read(OneColumn("uuid[]", {"'{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'"})).TypeOf("v"),
            "list<item: string>");
  EXPECT_EQ(Read(OneColumn("numeric(5,1)[]", {"'{1.5}'"})).TypeOf("v"),
            "list<item: decimal128(5, 1)>");
  const std::string nested = OneColumn("int[]", {"'{{1,2},{3,4}}'"});
  EXPECT_EQ(CodeOf([&] { Read(nested); }), "LK-5035");
  EXPECT_EQ(Read(nested, {{"arrays", "text"}}).Cell("v", 0), "{{1,2},{3,4}}");
}

TEST_F(PostgresqlSourceTest, CopiesEveryRowOnceInParallelRanges) {
  SharedServer().Execute(
      "CREATE TABLE big AS SELECT g AS id, repeat('x', 400) AS pad FROM "
      "generate_series(1, 120000) g; DELETE FROM big WHERE id % 1000 = 0;");
  const SourceRows rows = Read("big", {{"workers", "4"}});
  ASSERT_EQ(rows.table->num_rows(), 119'880);
  std::set<int32_t> ids;
  for (const auto& chunk : rows.table->GetColumnByName("id")->chunks()) {
    const auto& array = static_cast<const arrow::Int32Array&>(*chunk);
    for (int64_t i = 0; i < array.length(); ++i) ids.insert(array.Value(i));
  }
  EXPECT_EQ(ids.size(), 119'880U);
}

TEST_F(PostgresqlSourceTest, ReadsOneSnapshotWhateverIsWrittenMeanwhile) {
  SharedServer().Execute("CREATE TABLE moving AS SELECT generate_series(1, 1000) AS id;");
  const auto source = MakePostgresqlSource(SharedServer().Options("moving"));
  source->Discover({});
  SharedServer().Execute("INSERT INTO moving SELECT generate_series(1001, 2000);");
  source->Start(source->ProposeSchema());
  int64_t rows = 0;
  SourceBatch batch;
  while (source->Next(batch)) rows += batch.rows->num_rows();
  EXPECT_EQ(rows, 1000);
}

TEST_F(PostgresqlSourceTest, ReadsViewsPartitionsAndOddNames) {
  SharedServer().Execute(
      "CREATE SCHEMA \"Odd\"; CREATE TABLE \"Odd\".\"My Table\" (\"a b\" int, \"A_b\" int);"
      "INSERT INTO \"Odd\".\"My Table\" VALUES (1, 2);"
      "CREATE VIEW seen AS SELECT 5 AS v;"
      "CREATE TABLE parts (id int) PARTITION BY RANGE (id);"
      "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);"
      "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);"
      "INSERT INTO parts VALUES (1), (11), (12);");
  const SourceRows odd = Read("Odd.My Table");
  EXPECT_EQ(odd.Cell("a_b", 0), "1");
  EXPECT_EQ(odd.Cell("A_b_2", 0), "2");
  EXPECT_EQ(Read("seen", {{"schema", "public"}}).Cell("v", 0), "5");
  EXPECT_EQ(Read("public.parts").table->num_rows(), 3);
}

TEST_F(PostgresqlSourceTest, CopiesAnEmptyTable) {
  EXPECT_EQ(Read(OneColumn("int", {})).table->num_rows(), 0);
}

TEST_F(PostgresqlSourceTest, NamesWhatIsWrongWithTheLogin) {
  EXPECT_EQ(CodeOf([] { Read("x", {{"password", "wrong"}}); }), "LK-5021");
  EXPECT_EQ(CodeOf([] { Read("x", {{"password", ""}}); }), "LK-5021");
  EXPECT_EQ(CodeOf([] { Read("x", {{"username", "nobody"}}); }), "LK-5021");
  EXPECT_EQ(CodeOf([] { Read("x", {{"database", "none"}}); }), "LK-5022");
  EXPECT_EQ(CodeOf([] { Read("x", {{"port", "1"}}); }), "LK-5020");
}

TEST_F(PostgresqlSourceTest, NeverShowsThePassword) {
  try {
    Read("x", {{"password", "topsecret-wrong"}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find("topsecret"), std::string::npos);
  }
}

TEST_F(PostgresqlSourceTest, NamesMissingTablesWithCandidates) {
  SharedServer().Execute("CREATE TABLE customers (id int);");
  try {
    Read("custommers");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "LK-5022");
    EXPECT_NE(error.hint().find("customers"), std::string::npos);
  }
}

TEST_F(PostgresqlSourceTest, RefusesFilteredCopies) {
  SharedServer().Execute(
      "CREATE TABLE guarded AS SELECT 1 AS id; ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;"
      "CREATE POLICY p ON guarded USING (false);"
      "CREATE TABLE closed (id int); CREATE ROLE reader LOGIN PASSWORD 'secret';"
      "GRANT SELECT ON guarded TO reader;");
  EXPECT_EQ(CodeOf([] { Read("guarded", {{"username", "reader"}}); }), "LK-5023");
  EXPECT_EQ(CodeOf([] { Read("closed", {{"username", "reader"}}); }), "LK-5023");
}

TEST_F(PostgresqlSourceTest, ReportsWhatTheServerSaysDuringACopy) {
  SharedServer().Execute(
      "CREATE VIEW broken AS SELECT 1 / (g - 500) AS v FROM "
      "generate_series(1, 1000) g;");
  EXPECT_EQ(CodeOf([] { Read("broken"); }), "LK-5024");
}

TEST_F(PostgresqlSourceTest, ChecksTheTargetsTypes) {
  const auto target = arrow::schema({arrow::field("v", arrow::int32())});
  EXPECT_EQ(CodeOf([&] { Read(OneColumn("bigint", {"1"}), {}, target); }), "LK-5033");
}

TEST_F(PostgresqlSourceTest, EndsWhenCancelled) {
  SharedServer().Execute("CREATE VIEW slow AS SELECT pg_sleep(60)::text AS s, 1 AS v;");
  const auto source = MakePostgresqlSource(SharedServer().Options("slow"));
  SourceContext context;
  source->Discover(context);
  source->Start(source->ProposeSchema());
  context.cancel.Cancel();
  SourceBatch batch;
  EXPECT_EQ(CodeOf([&] { source->Next(batch); }), "LK-0002");
}

TEST_F(PostgresqlSourceTest, ReportsAServerThatStops) {
  TestServer server;
  server.Execute("CREATE TABLE t AS SELECT 1 AS id;");
  const auto source = MakePostgresqlSource(server.Options("t"));
  source->Discover({});
  server.Stop();
  EXPECT_EQ(CodeOf([&] { source->Start(source->ProposeSchema()); }), "LK-5020");
  EXPECT_EQ(CodeOf([&] { ReadSource(*MakePostgresqlSource(server.Options("t"))); }), "LK-5020");
}

TEST(PostgresqlOptionsTest, ChecksKeysAndValues) {
  const SourceOptions good = {{"host", "h"}, {"database", "d"}, {"table", "t"}, {"username", "u"}};
  const auto with = [&](const std::string& key, const std::string& value) {
    SourceOptions options = good;
    options[key] = value;
    return CodeOf([&] { MakePostgresqlSource(options); });
  };
  EXPECT_EQ(with("port", "5432"), "");
  EXPECT_EQ(with("port", "0"), "LK-5002");
  EXPECT_EQ(with("numeric", "decimal(39,2)"), "LK-5002");
  EXPECT_EQ(with("pasword", "x"), "LK-5001");
  EXPECT_EQ(CodeOf([] { MakePostgresqlSource({{"host", "h"}}); }), "LK-5001");
}

}  // namespace
}  // namespace lakehouse::ingestion::connectors::postgresql
