#include "query/engines/duckdb/column_defaults.h"

#include <algorithm>
#include <duckdb/execution/operator/projection/physical_projection.hpp>
#include <duckdb/execution/operator/scan/physical_expression_scan.hpp>
#include <duckdb/parser/expression/function_expression.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>
#include <nlohmann/json.hpp>

#include "query/engines/duckdb/spark_expression.h"
#include "storage/field_keys.h"

namespace lakehouse::query::duckdb {
namespace {

dk::unique_ptr<dk::ParsedExpression> DefaultOf(const std::string& table_uri,
                                               const storage::Field& field,
                                               Identities& identities) {
  if (const auto spec = IdentityOf(field)) {
    dk::vector<dk::unique_ptr<dk::ParsedExpression>> key;
    key.push_back(dk::make_uniq<dk::ConstantExpression>(
        dk::Value::BIGINT(identities.KeyOf(table_uri, field.name, *spec))));
    return dk::make_uniq<dk::FunctionExpression>(kIdentityFunction, std::move(key));
  }
  if (field.metadata.count(storage::kGenerationKey) > 0) {
    identities.Compute();
    return dk::make_uniq<dk::FunctionExpression>(
        kComputedFunction, dk::vector<dk::unique_ptr<dk::ParsedExpression>>());
  }
  const auto found = field.metadata.find(storage::kDefaultKey);
  if (found == field.metadata.end()) return nullptr;
  const auto json = nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  return ParseSparkExpression(json.is_string() ? json.get<std::string>() : found->second,
                              "the default of column " + field.name);
}

const dk::Expression& WithoutCasts(const dk::Expression& expression) {
  return expression.GetExpressionClass() == dk::ExpressionClass::BOUND_CAST
             ? WithoutCasts(*expression.Cast<dk::BoundCastExpression>().child)
             : expression;
}

}  // namespace

std::optional<Error> DescribeDefaults(const std::string& table_uri, const storage::Schema& schema,
                                      Identities& identities, dk::CreateTableInfo& info) {
  std::optional<Error> refused;
  for (size_t i = 0; i < schema.fields.size(); ++i) {
    try {
      auto given = DefaultOf(table_uri, schema.fields[i], identities);
      if (given)
        info.columns.GetColumnMutable(dk::LogicalIndex(i)).SetDefaultValue(std::move(given));
    } catch (const Error& error) {
      refused = error;
    }
  }
  return refused;
}

std::set<size_t> AlwaysIdentity(const storage::Schema& schema) {
  std::set<size_t> columns;
  for (size_t i = 0; i < schema.fields.size(); ++i) {
    const auto spec = IdentityOf(schema.fields[i]);
    if (spec && !spec->explicit_allowed) columns.insert(i);
  }
  return columns;
}

DefaultsOf DefaultsIn(const dk::PhysicalOperator& rows, dk::idx_t column, const char* function) {
  if (rows.type == dk::PhysicalOperatorType::PROJECTION) {
    const auto& value = WithoutCasts(*rows.Cast<dk::PhysicalProjection>().select_list[column]);
    if (IsCallOf(value, function)) return DefaultsOf::kEveryRow;
    if (value.GetExpressionClass() != dk::ExpressionClass::BOUND_REF) return DefaultsOf::kNoRow;
    return DefaultsIn(rows.children[0].get(), value.Cast<dk::BoundReferenceExpression>().index,
                      function);
  }
  if (rows.type != dk::PhysicalOperatorType::EXPRESSION_SCAN) return DefaultsOf::kNoRow;
  const auto& given = rows.Cast<dk::PhysicalExpressionScan>().expressions;
  const auto calls = std::count_if(given.begin(), given.end(), [&](const auto& row) {
    return IsCallOf(*row[column], function);
  });
  if (calls == 0) return DefaultsOf::kNoRow;
  return calls == static_cast<int64_t>(given.size()) ? DefaultsOf::kEveryRow
                                                     : DefaultsOf::kSomeRows;
}

void ThrowIdentityValue(const std::string& column) {
  throw Error(ErrorKind::kInvalidArgument, "LK-4043",
              "the identity column " + column + " always gets a number of its own",
              "Leave the column out, or write DEFAULT.");
}

}  // namespace lakehouse::query::duckdb
