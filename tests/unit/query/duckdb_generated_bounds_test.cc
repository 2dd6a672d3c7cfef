#include <gtest/gtest.h>

#include "query/engines/duckdb/generated_bounds.h"
#include "storage/maintenance/fake_snapshot.h"

namespace lakehouse::query::duckdb {
namespace {

using storage::DataType;
using storage::FakeSnapshot;
using storage::TypeId;
using storage::Value;
using Rule = GeneratedBounds::Rule;

/// A table with one file, whose partition columns have given types, expressions and values.
class OneFile : public FakeSnapshot {
 public:
  explicit OneFile(TypeId of) : FakeSnapshot({File{}}) {
    metadata_.schema.fields = {{"c", DataType::Primitive(of)}};
  }
  OneFile& By(const std::string& name, TypeId type, const std::string& expression, Value value) {
    storage::Field field{name, DataType::Primitive(type)};
    field.metadata["delta.generationExpression"] = "\"" + expression + "\"";
    metadata_.schema.fields.push_back(field);
    metadata_.partition_columns.push_back(name);
    values_.push_back(std::move(value));
    return *this;
  }
  Value partition_value(size_t, size_t column) const override { return values_[column]; }

  std::pair<std::string, std::string> MinAndMax() const {
    ValueDomain domain;
    GeneratedBounds(*this).Narrow("c", 0, domain);
    return {domain.min.ToString(), domain.max.ToString()};
  }

 private:
  std::vector<Value> values_;
};

using Ends = std::pair<std::string, std::string>;
constexpr int64_t kLeapDay = 19782;  // 2024-02-29

TEST(GeneratedBounds, DatesBoundClocks) {
  const auto table =
      OneFile(TypeId::kTimestampNtz).By("d", TypeId::kDate, "CAST(c AS DATE)", Value{kLeapDay});
  EXPECT_EQ(table.MinAndMax(), (Ends{"2024-02-29 00:00:00", "2024-02-29 23:59:59.999999"}));
}

TEST(GeneratedBounds, DaysOfInstantsAreTakenWider) {
  const auto table =
      OneFile(TypeId::kTimestamp).By("d", TypeId::kDate, "CAST(c AS DATE)", Value{kLeapDay});
  EXPECT_EQ(table.MinAndMax().first.substr(0, 19), "2024-02-28 00:00:00");
  EXPECT_EQ(table.MinAndMax().second.substr(0, 26), "2024-03-01 23:59:59.999999");
}

TEST(GeneratedBounds, PartsOfATimeAreTakenTogether) {
  auto table = OneFile(TypeId::kTimestampNtz);
  table.By("y", TypeId::kInteger, "YEAR(c)", Value{int64_t{2024}});
  EXPECT_EQ(table.MinAndMax(), (Ends{"2024-01-01 00:00:00", "2024-12-31 23:59:59.999999"}));
  table.By("m", TypeId::kInteger, "month(`c`)", Value{int64_t{2}});
  EXPECT_EQ(table.MinAndMax(), (Ends{"2024-02-01 00:00:00", "2024-02-29 23:59:59.999999"}));
  table.By("h", TypeId::kInteger, "HOUR(c)", Value{int64_t{5}});
  EXPECT_EQ(table.MinAndMax(), (Ends{"2024-02-01 00:00:00", "2024-02-29 23:59:59.999999"}));
  table.By("d", TypeId::kInteger, "dayofmonth(c)", Value{int64_t{29}});
  EXPECT_EQ(table.MinAndMax(), (Ends{"2024-02-29 05:00:00", "2024-02-29 05:59:59.999999"}));
  EXPECT_EQ(OneFile(TypeId::kTimestampNtz)
                .By("m", TypeId::kInteger, "month(c)", Value{int64_t{2}})
                .MinAndMax(),
            (Ends{"NULL", "NULL"}));
}

TEST(GeneratedBounds, FormatsAndUnitsBoundTimes) {
  const auto bounds = [](TypeId of, TypeId type, const std::string& expression, Value value) {
    return OneFile(of).By("p", type, expression, std::move(value)).MinAndMax();
  };
  EXPECT_EQ(bounds(TypeId::kDate, TypeId::kString, "date_format(c, 'yyyy-MM')",
                   Value{std::string("2023-12")}),
            (Ends{"2023-12-01", "2023-12-31"}));
  EXPECT_EQ(bounds(TypeId::kTimestampNtz, TypeId::kString, "DATE_FORMAT(c, 'yyyy-MM-dd-HH')",
                   Value{std::string("2023-12-31-23")}),
            (Ends{"2023-12-31 23:00:00", "2023-12-31 23:59:59.999999"}));
  EXPECT_EQ(bounds(TypeId::kDate, TypeId::kString, "date_format(c, 'EEEE')",
                   Value{std::string("Monday")}),
            (Ends{"NULL", "NULL"}));
  EXPECT_EQ(bounds(TypeId::kDate, TypeId::kDate, "trunc(c, 'MONTH')", Value{int64_t{19783}}),
            (Ends{"2024-03-01", "2024-03-31"}));
  EXPECT_EQ(bounds(TypeId::kDate, TypeId::kDate, "trunc(c, 'MONTH')", Value{}),
            (Ends{"NULL", "NULL"}));
}

TEST(GeneratedBounds, BeginningsBoundTexts) {
  const auto bounds = [](const std::string& value) {
    return OneFile(TypeId::kString)
        .By("p", TypeId::kString, "substring(c, 1, 3)", Value{value})
        .MinAndMax();
  };
  EXPECT_EQ(bounds("abc"), (Ends{"abc", "abd"}));
  EXPECT_EQ(bounds("ab"), (Ends{"ab", "ab"}));
  EXPECT_EQ(bounds("a\u00fc\u00fc"), (Ends{"a\u00fc\u00fc", "b"}));
  EXPECT_EQ(bounds("\u00fc\u00fc\u00fc"), (Ends{"\u00fc\u00fc\u00fc", "NULL"}));
}

TEST(GeneratedBounds, TheColumnItselfBoundsIt) {
  const auto table = OneFile(TypeId::kLong).By("p", TypeId::kLong, "c", Value{int64_t{7}});
  EXPECT_EQ(table.MinAndMax(), (Ends{"7", "7"}));
}

TEST(GeneratedBounds, OtherExpressionsSayNothing) {
  for (const char* expression :
       {"", "c + 1", "substring(c, 2, 3)", "CAST(c AS STRING)", "year(a, b)", "upper(c)", "year(c",
        "concat(c, 'x')", "date_trunc(c, 'MONTH')", "`c", "a.b"}) {
    EXPECT_FALSE(GeneratedBounds::ParseRule(expression)) << expression;
  }
  EXPECT_EQ(GeneratedBounds::ParseRule("date_trunc('HOUR', c)")->argument, "HOUR");
}

}  // namespace
}  // namespace lakehouse::query::duckdb
