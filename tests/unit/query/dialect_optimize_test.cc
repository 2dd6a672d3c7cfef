#include <gtest/gtest.h>

#include "base/error.h"
#include "query/engines/duckdb/dialect/dialect.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

using Names = std::vector<std::string>;

std::string CodeOf(const std::string& sql) {
  try {
    Parse(sql);
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

TEST(DialectOptimize, TakesEveryClause) {
  const auto statement = std::get<Optimize>(
      Parse("optimize a.`b c` where `p` = 'x' AND (q > 3) zorder by (x, `y z`.f, \"W\");"));
  EXPECT_EQ(statement.table.name, (Names{"a", "b c"}));
  EXPECT_FALSE(statement.full);
  EXPECT_EQ(statement.where, "\"p\" = 'x' AND (q > 3)");
  EXPECT_EQ(statement.zorder, (std::vector<Names>{{"x"}, {"y z", "f"}, {"W"}}));
}

TEST(DialectOptimize, TakesAPathAndColumnsWithoutParentheses) {
  EXPECT_EQ(std::get<Optimize>(Parse("OPTIMIZE delta.`/data/t`")).table.path, "/data/t");
  EXPECT_EQ(std::get<Optimize>(Parse("OPTIMIZE '/data/t' FULL")).table.path, "/data/t");
  EXPECT_TRUE(std::get<Optimize>(Parse("OPTIMIZE t FULL")).full);
  const auto statement = std::get<Optimize>(Parse("OPTIMIZE t ZORDER BY a, b"));
  EXPECT_EQ(statement.zorder, (std::vector<Names>{{"a"}, {"b"}}));
}

TEST(DialectOptimize, ReorgPurges) {
  const auto statement = std::get<Reorg>(Parse("REORG TABLE s.t WHERE p = 1 APPLY (PURGE)"));
  EXPECT_EQ(statement.table.name, (Names{"s", "t"}));
  EXPECT_EQ(statement.where, "p = 1");
}

TEST(DialectOptimize, WrongTextsAreErrorsWithTheirPlace) {
  for (const char* sql :
       {"OPTIMIZE", "OPTIMIZE t x", "OPTIMIZE t WHERE", "OPTIMIZE t ZORDER a",
        "OPTIMIZE t ZORDER BY", "OPTIMIZE t ZORDER BY (a", "OPTIMIZE t ZORDER BY (a,)",
        "OPTIMIZE a.b.c.d", "OPTIMIZE t WHERE ZORDER BY a", "REORG TABLE t", "REORG TABLE t APPLY",
        "REORG TABLE t APPLY PURGE", "REORG TABLE t APPLY (PURGE",
        "REORG TABLE t APPLY (NOTHING)"}) {
    EXPECT_EQ(CodeOf(sql), "LK-4001") << sql;
  }
  EXPECT_EQ(CodeOf("REORG TABLE t APPLY (UPGRADE UNIFORM (ICEBERG_COMPAT_VERSION = 2))"),
            "LK-4012");
}

}  // namespace
}  // namespace lakehouse::query::duckdb::dialect
