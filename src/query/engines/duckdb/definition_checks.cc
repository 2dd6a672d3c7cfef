#include "query/engines/duckdb/definition_checks.h"

#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/expression/function_expression.hpp>
#include <duckdb/parser/parsed_expression_iterator.hpp>
#include <duckdb/parser/parser.hpp>
#include <set>

#include "base/error.h"
#include "query/engines/duckdb/dialect/dialect.h"
#include "query/engines/duckdb/spark_expression.h"
#include "query/engines/duckdb/types.h"

namespace lakehouse::query::duckdb {
namespace {

using dialect::Rule;

std::string Quoted(const std::string& name) { return dk::KeywordHelper::WriteQuoted(name, '"'); }

std::string NameOf(Rule::Kind kind) {
  switch (kind) {
    case Rule::kCheck:
      return "a CHECK constraint";
    case Rule::kGenerated:
      return "a generated column";
    default:
      return "a DEFAULT";
  }
}

[[noreturn]] void Refuse(const Rule& rule, const std::string& why, const std::string& hint = {}) {
  const std::string place = rule.place.empty() ? "" : " (at " + rule.place + ")";
  throw Error(ErrorKind::kInvalidArgument, "LK-4066",
              rule.text + " cannot be the expression of " + NameOf(rule.kind) + ": " + why + place,
              hint);
}

/// They give another value at another time, or to somebody else.
bool Varies(const std::string& function) {
  static const std::set<std::string> kVaries = {"random",
                                                "rand",
                                                "uuid",
                                                "gen_random_uuid",
                                                "uuidv4",
                                                "uuidv7",
                                                "now",
                                                "today",
                                                "current_date",
                                                "current_time",
                                                "get_current_time",
                                                "current_timestamp",
                                                "get_current_timestamp",
                                                "transaction_timestamp",
                                                "current_localtime",
                                                "current_localtimestamp",
                                                "localtime",
                                                "localtimestamp",
                                                "current_user",
                                                "session_user",
                                                "user",
                                                "current_schema",
                                                "current_schemas",
                                                "current_database",
                                                "current_catalog",
                                                "current_query",
                                                "txid_current",
                                                "version",
                                                "monotonically_increasing_id"};
  return kVaries.contains(catalog::FoldCase(function));
}

/// What no table may keep; anything that reads rows, or has a value of its own each time.
void CheckParts(const Rule& rule, const dk::ParsedExpression& expression,
                const storage::Schema& schema) {
  using Class = dk::ExpressionClass;
  switch (expression.GetExpressionClass()) {
    case Class::SUBQUERY:
      Refuse(rule, "it has a subquery", "Use the columns of the row only.");
    case Class::WINDOW:
      Refuse(rule, "it has a window function", "Use the columns of the row only.");
    case Class::PARAMETER:
      Refuse(rule, "it has a parameter", "Write the value.");
    case Class::STAR:
      Refuse(rule, "it has a *");
    case Class::DEFAULT:
      Refuse(rule, "it has DEFAULT");
    case Class::FUNCTION: {
      const auto& function = expression.Cast<dk::FunctionExpression>().function_name;
      if (rule.kind != Rule::kDefault && Varies(function)) {
        Refuse(rule, "the function " + function + " does not always give the same value");
      }
      break;
    }
    case Class::COLUMN_REF: {
      const auto& column = expression.Cast<dk::ColumnRefExpression>();
      const bool known = schema.IndexOf(column.column_names[0]).has_value();
      if (rule.kind == Rule::kDefault && known) {
        Refuse(rule, "it uses the column " + column.column_names[0],
               "A default is made of constants and functions.");
      }
      if (rule.kind != Rule::kDefault && !known && !column.IsQualified() &&
          Varies(column.GetColumnName())) {
        Refuse(rule, column.GetColumnName() + " does not always give the same value");
      }
      break;
    }
    default:
      break;
  }
  dk::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const dk::ParsedExpression& child) { CheckParts(rule, child, schema); });
}

void Collect(const dk::ParsedExpression& expression, const storage::Schema& schema,
             std::vector<storage::ColumnPath>& columns) {
  if (expression.GetExpressionClass() == dk::ExpressionClass::COLUMN_REF) {
    const auto& names = expression.Cast<dk::ColumnRefExpression>().column_names;
    if (schema.IndexOf(names[0])) columns.emplace_back(names.begin(), names.end());
  }
  dk::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const dk::ParsedExpression& child) { Collect(child, schema, columns); });
}

/// A row without values of the schema's types.
std::string RowOf(const storage::Schema& schema) {
  std::string columns;
  for (const auto& field : schema.fields) {
    columns += (columns.empty() ? "" : ", ") + std::string("CAST(NULL AS ") +
               ToDuckDb(*field.type).ToString() + ") AS " + Quoted(field.name);
  }
  return " FROM (SELECT " + columns + ") AS new_row";
}

std::string Lines(const std::string& text) { return "(\n" + text + "\n)"; }

std::string TableName(const catalog::ResolvedObject& object) {
  const auto& name = object.info.name;
  if (name.catalog.empty()) return "lake_path." + Quoted(object.info.location);
  return Quoted(name.catalog) + "." + Quoted(name.schema) + "." + Quoted(name.name);
}

}  // namespace

dk::unique_ptr<dk::ParsedExpression> DefinitionChecks::Parse(const Rule& rule) {
  try {
    auto list = dk::Parser::ParseExpressionList(dialect::RespellExpression(rule.text));
    if (list.size() != 1) Refuse(rule, "it is a list");
    return std::move(list[0]);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    fail_(dk::ErrorData(error));
    throw;
  }
}

dk::LogicalType DefinitionChecks::Bind(const std::string& sql, const Rule& rule) {
  try {
    auto prepared = connection_.Prepare(sql);
    if (prepared->HasError()) fail_(prepared->GetErrorObject());
    return prepared->GetTypes().at(0);
  } catch (const Error& error) {
    const std::string place = rule.place.empty() ? "" : " at " + rule.place;
    throw error.Within("the expression of " + NameOf(rule.kind) + place);
  }
}

void DefinitionChecks::CheckWriters(const Rule& rule, const storage::Schema& schema) {
  dk::vector<std::string> names;
  dk::vector<dk::LogicalType> types;
  for (const auto& field : schema.fields) {
    if (rule.kind == Rule::kDefault) break;
    names.push_back(field.name);
    types.push_back(ToDuckDb(*field.type));
  }
  auto type = dk::LogicalType(dk::LogicalTypeId::BOOLEAN);
  if (rule.kind != Rule::kCheck) {
    type = ToDuckDb(*storage::FindField(schema, rule.column)->type);
  }
  connection_.context->RunFunctionInTransaction([&] {
    BindToRow(*connection_.context, *ParseSparkExpression(rule.text, NameOf(rule.kind)), names,
              types, type, NameOf(rule.kind));
  });
}

std::vector<storage::ColumnPath> DefinitionChecks::CheckRule(const Rule& rule,
                                                             const storage::Schema& schema) {
  const auto parsed = Parse(rule);
  CheckParts(rule, *parsed, schema);
  std::string sql;
  try {
    sql = Lines(ParseSparkExpression(rule.text, NameOf(rule.kind))->ToString());
  } catch (const Error& error) {
    Refuse(rule, error.message());
  }
  const std::string row = rule.kind == Rule::kDefault ? "" : RowOf(schema);
  // In a WHERE the engine refuses aggregates.
  if (rule.kind == Rule::kCheck) {
    Bind("SELECT 1" + row + " WHERE " + sql + " IS NULL", rule);
    const auto type = Bind("SELECT " + sql + row, rule);
    if (type.id() != dk::LogicalTypeId::BOOLEAN && type.id() != dk::LogicalTypeId::SQLNULL) {
      Refuse(rule, "it is a " + type.ToString() + ", not true or false");
    }
  } else {
    const auto* field = storage::FindField(schema, rule.column);
    if (rule.kind == Rule::kGenerated && field->type->id() == storage::TypeId::kVariant) {
      Refuse(rule, "its column is a variant", "Generate a column of another type.");
    }
    Bind("SELECT 1" + row + " WHERE CAST(" + sql + " AS " + ToDuckDb(*field->type).ToString() +
             ") IS NULL",
         rule);
  }
  try {
    CheckWriters(rule, schema);
  } catch (const Error& error) {
    Refuse(rule, error.message());
  }
  std::vector<storage::ColumnPath> columns;
  Collect(*parsed, schema, columns);
  for (const auto& column : columns) {
    if (rule.kind == Rule::kGenerated && storage::Overlap(column, rule.column)) {
      Refuse(rule, "it uses the column itself");
    }
  }
  return columns;
}

std::vector<storage::ColumnPath> DefinitionChecks::ColumnsOf(const std::string& expression,
                                                             const storage::Schema& schema) {
  std::vector<storage::ColumnPath> columns;
  try {
    auto list = dk::Parser::ParseExpressionList(dialect::RespellExpression(expression));
    for (const auto& parsed : list) Collect(*parsed, schema, columns);
  } catch (const std::exception&) {
    // Another engine's expression: any column may be in it.
    for (const auto& field : schema.fields) columns.push_back({field.name});
  }
  return columns;
}

bool DefinitionChecks::HoldsForAll(const catalog::ResolvedObject& object, int64_t version,
                                   const std::string& condition) {
  const std::string sql = ParseSparkExpression(condition, "the condition")->ToString();
  auto result =
      connection_.Query("SELECT 1 FROM " + TableName(object) + " AT (VERSION => " +
                        std::to_string(version) + ") WHERE " + Lines(sql) + " IS NOT TRUE LIMIT 1");
  if (result->HasError()) fail_(result->GetErrorObject());
  return result->RowCount() == 0;
}

int64_t DefinitionChecks::TimeOf(const std::string& expression) {
  // On a line of its own: a comment at its end does not reach what follows.
  auto result = connection_.Query("SELECT epoch_ms(CAST((\n" + expression +
                                  "\n) AS TIMESTAMP WITH TIME ZONE))");
  if (result->HasError()) fail_(result->GetErrorObject());
  const auto value = result->GetValue(0, 0);
  if (value.IsNull()) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4050", "the time is null",
                "Write '2024-01-31 12:00:00', or current_timestamp() - INTERVAL 1 DAY.");
  }
  return value.GetValue<int64_t>();
}

}  // namespace lakehouse::query::duckdb
