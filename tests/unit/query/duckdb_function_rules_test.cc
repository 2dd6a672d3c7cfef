#include <gtest/gtest.h>

#include "query/engines/duckdb/function_rules.h"

namespace lakehouse::query::duckdb {
namespace {

TEST(FunctionRules, EveryFunctionOfTheBuildHasBeenJudged) {
  EXPECT_EQ(FunctionsWithoutRule(), std::vector<std::string>{});
}

TEST(FunctionRules, WhatReachesOutIsRefused) {
  for (const char* name : {"read_csv",
                           "READ_TEXT",
                           "read_duckdb",
                           "glob",
                           "sniff_csv",
                           "parquet_scan",
                           "query",
                           "query_table",
                           "json_execute_serialized_sql",
                           "json_serialize_plan",
                           "getvariable",
                           "current_setting",
                           "duckdb_settings",
                           "duckdb_secrets",
                           "which_secret",
                           "write_log",
                           "setseed",
                           "sql_auto_complete",
                           "seq_scan",
                           "checkpoint",
                           "pg_sleep",
                           "stats"}) {
    EXPECT_EQ(RuleOf(name), FunctionRule::kRefused) << name;
    EXPECT_FALSE(IsAllowedTableFunction(name)) << name;
  }
}

TEST(FunctionRules, ValuesMayBeComputed) {
  for (const char* name :
       {"+", "||", "lower", "SUM", "list_transform", "icu_collate_de", "range"}) {
    EXPECT_EQ(RuleOf(name), FunctionRule::kAllowed) << name;
  }
  EXPECT_EQ(RuleOf("a_function_of_tomorrow"), FunctionRule::kUnknown);
}

}  // namespace
}  // namespace lakehouse::query::duckdb
