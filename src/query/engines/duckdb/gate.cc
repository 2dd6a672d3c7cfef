#include "query/engines/duckdb/gate.h"

#include <duckdb/parser/parsed_data/alter_table_info.hpp>
#include <duckdb/parser/statement/alter_statement.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/statement/drop_statement.hpp>
#include <duckdb/parser/statement/explain_statement.hpp>
#include <duckdb/parser/statement/insert_statement.hpp>
#include <duckdb/parser/statement/multi_statement.hpp>
#include <duckdb/parser/statement/set_statement.hpp>
#include <duckdb/planner/expression/bound_subquery_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <duckdb/planner/logical_operator_visitor.hpp>
#include <duckdb/planner/operator/logical_delete.hpp>
#include <duckdb/planner/operator/logical_merge_into.hpp>

#include "base/error.h"
#include "query/engines/duckdb/function_rules.h"
#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/pivot.h"
#include "query/engines/duckdb/scan.h"
#include "query/engines/duckdb/session_functions.h"
#include "query/engines/duckdb/session_settings.h"
#include "query/engines/duckdb/source_table.h"
#include "query/engines/duckdb/variant_type.h"

namespace lakehouse::query::duckdb {
namespace {

[[noreturn]] void Deny(const std::string& what) {
  throw Error(
      ErrorKind::kPermissionDenied, "LK-4010", what + " is not allowed",
      "SQL queries and changes tables of the lakehouse; settings belong to its configuration");
}

[[noreturn]] void Lack(const std::string& what) {
  throw Error(ErrorKind::kUnsupported, "LK-4012", what + " is not supported");
}

void CheckPlace(const std::string& catalog, const std::string& schema, const std::string& lake) {
  auto outside = [&](const std::string& name) {
    std::string folded = catalog::FoldCase(name);
    return folded == "memory" || folded == "system" || folded == "temp";
  };
  const bool foreign = !catalog.empty() && catalog::FoldCase(catalog) != catalog::FoldCase(lake);
  if (foreign || outside(schema)) Deny("creating or dropping objects outside of " + lake);
}

/// What a lakehouse has: everything else that the engine can create, drop or alter is its own.
void CheckObject(const std::string& verb, dk::CatalogType type) {
  switch (type) {
    case dk::CatalogType::TABLE_ENTRY:
    case dk::CatalogType::VIEW_ENTRY:
    case dk::CatalogType::SCHEMA_ENTRY:
      return;
    default:
      Deny(verb + " " + dk::CatalogTypeToString(type));
  }
}

StatementKind CheckCreate(const dk::CreateStatement& statement, const std::string& lake) {
  const auto& info = *statement.info;
  CheckObject("CREATE", info.type);
  if (info.temporary) Lack("CREATE TEMPORARY");
  CheckPlace(info.catalog, info.type == dk::CatalogType::SCHEMA_ENTRY ? "" : info.schema, lake);
  bool as_select = info.type == dk::CatalogType::TABLE_ENTRY &&
                   info.Cast<dk::CreateTableInfo>().query != nullptr;
  return as_select ? StatementKind::kWrite : StatementKind::kDefinition;
}

StatementKind CheckAlter(const dk::AlterStatement& statement, const std::string& lake) {
  const auto& info = *statement.info;
  switch (info.type) {
    case dk::AlterType::ALTER_TABLE:
    case dk::AlterType::ALTER_VIEW:
    case dk::AlterType::SET_COLUMN_COMMENT:
      break;
    case dk::AlterType::SET_COMMENT:
      CheckObject("COMMENT ON", info.Cast<dk::SetCommentInfo>().entry_catalog_type);
      break;
    default:
      Deny("ALTER " + dk::CatalogTypeToString(info.GetCatalogType()));
  }
  CheckPlace(info.catalog, info.schema, lake);
  return StatementKind::kDefinition;
}

void CheckPlan(dk::LogicalOperator& plan);

/// A subquery that is not yet part of the plan hangs in an expression.
void CheckSubqueries(const dk::Expression& expression) {
  if (expression.GetExpressionClass() == dk::ExpressionClass::BOUND_SUBQUERY) {
    const auto& subquery = expression.Cast<dk::BoundSubqueryExpression>().subquery;
    if (subquery.plan) CheckPlan(*subquery.plan);
  }
  dk::ExpressionIterator::EnumerateChildren(expression, CheckSubqueries);
}

void CheckScan(const dk::LogicalGet& get) {
  const auto& name = get.function.name;
  bool allowed = IsAllowedTableFunction(name);
  if (name == kScanName) allowed = get.function.function_info != nullptr;
  // Only the catalog makes this one: SQL finds no function of the name.
  if (name == kSourceScanName) allowed = true;
  if (allowed) return;
  throw Error(ErrorKind::kPermissionDenied, "LK-4011",
              "the table function " + name + " may not be used",
              "read tables by their names; range, generate_series and unnest make rows");
}

void CheckChanged(dk::SchemaCatalogEntry& schema) {
  if (schema.catalog.GetCatalogType() != "lake") Deny("changing what is not of the lakehouse");
  if (catalog::FoldCase(schema.name) == kSourceSchema) Deny("changing the rows of a request");
}

void CheckOperator(dk::LogicalOperator& plan) {
  using Type = dk::LogicalOperatorType;
  switch (plan.type) {
    case Type::LOGICAL_GET:
      return CheckScan(plan.Cast<dk::LogicalGet>());
    case Type::LOGICAL_INSERT:
      return CheckChanged(plan.Cast<dk::LogicalInsert>().table.ParentSchema());
    case Type::LOGICAL_DELETE:
      return CheckChanged(plan.Cast<dk::LogicalDelete>().table.ParentSchema());
    case Type::LOGICAL_UPDATE:
      return CheckChanged(plan.Cast<dk::LogicalUpdate>().table.ParentSchema());
    case Type::LOGICAL_MERGE_INTO:
      return CheckChanged(plan.Cast<dk::LogicalMergeInto>().table.ParentSchema());
    case Type::LOGICAL_CREATE_TABLE:
      return CheckChanged(plan.Cast<dk::LogicalCreateTable>().schema);
    case Type::LOGICAL_PROJECTION:
    case Type::LOGICAL_FILTER:
    case Type::LOGICAL_AGGREGATE_AND_GROUP_BY:
    case Type::LOGICAL_WINDOW:
    case Type::LOGICAL_UNNEST:
    case Type::LOGICAL_LIMIT:
    case Type::LOGICAL_ORDER_BY:
    case Type::LOGICAL_TOP_N:
    case Type::LOGICAL_DISTINCT:
    case Type::LOGICAL_SAMPLE:
    case Type::LOGICAL_PIVOT:
    case Type::LOGICAL_CHUNK_GET:
    case Type::LOGICAL_DELIM_GET:
    case Type::LOGICAL_EXPRESSION_GET:
    case Type::LOGICAL_DUMMY_SCAN:
    case Type::LOGICAL_EMPTY_RESULT:
    case Type::LOGICAL_CTE_REF:
    case Type::LOGICAL_JOIN:
    case Type::LOGICAL_DELIM_JOIN:
    case Type::LOGICAL_COMPARISON_JOIN:
    case Type::LOGICAL_ANY_JOIN:
    case Type::LOGICAL_CROSS_PRODUCT:
    case Type::LOGICAL_POSITIONAL_JOIN:
    case Type::LOGICAL_ASOF_JOIN:
    case Type::LOGICAL_DEPENDENT_JOIN:
    case Type::LOGICAL_UNION:
    case Type::LOGICAL_EXCEPT:
    case Type::LOGICAL_INTERSECT:
    case Type::LOGICAL_RECURSIVE_CTE:
    case Type::LOGICAL_MATERIALIZED_CTE:
    case Type::LOGICAL_EXPLAIN:
    case Type::LOGICAL_ALTER:
    case Type::LOGICAL_DROP:
    case Type::LOGICAL_CREATE_VIEW:
    case Type::LOGICAL_CREATE_SCHEMA:
      return;
    default:
      Deny(dk::LogicalOperatorToString(plan.type));
  }
}

void CheckPlan(dk::LogicalOperator& plan) {
  CheckOperator(plan);
  dk::LogicalOperatorVisitor::EnumerateExpressions(
      plan, [](dk::unique_ptr<dk::Expression>* expression) { CheckSubqueries(**expression); });
  for (const auto& child : plan.children) CheckPlan(*child);
}

void CheckBound(dk::PlannerExtensionInput& input, dk::BoundStatement& statement) {
  auto session = LakeSession::Get(input.context);
  if (!session || !statement.plan) return;
  session->Guard([&] { CheckPlan(*statement.plan); });
  // The engine's own sessions write what they read.
  if (!session->rewrite && !session->keeps_variants) ShowVariantsAsJson(input, statement);
}

}  // namespace

StatementKind CheckStatement(const dk::SQLStatement& statement, const std::string& lake_name) {
  using dk::StatementType;
  switch (statement.type) {
    case StatementType::SELECT_STATEMENT:
      return StatementKind::kQuery;
    case StatementType::EXPLAIN_STATEMENT: {
      const auto& explain = statement.Cast<dk::ExplainStatement>();
      const auto kind = CheckStatement(*explain.stmt, lake_name);
      const bool runs = explain.explain_type == dk::ExplainType::EXPLAIN_ANALYZE;
      if (kind != StatementKind::kQuery && (runs || kind != StatementKind::kWrite)) {
        Lack("EXPLAIN of a statement that changes something");
      }
      return StatementKind::kQuery;
    }
    case StatementType::INSERT_STATEMENT: {
      const auto& insert = statement.Cast<dk::InsertStatement>();
      if (insert.on_conflict_info) Lack("ON CONFLICT of INSERT");
      CheckPlace(insert.catalog, insert.schema, lake_name);
      return StatementKind::kWrite;
    }
    case StatementType::CREATE_STATEMENT:
      return CheckCreate(statement.Cast<dk::CreateStatement>(), lake_name);
    case StatementType::DROP_STATEMENT: {
      const auto& info = *statement.Cast<dk::DropStatement>().info;
      CheckObject("DROP", info.type);
      CheckPlace(info.catalog, info.schema, lake_name);
      return StatementKind::kDefinition;
    }
    case StatementType::ALTER_STATEMENT:
      return CheckAlter(statement.Cast<dk::AlterStatement>(), lake_name);
    case StatementType::MULTI_STATEMENT: {
      const auto& pivot = statement.Cast<dk::MultiStatement>().statements;
      for (size_t i = 0; i + 1 < pivot.size(); ++i)
        CheckStatement(ValuesQuery(*pivot[i]), lake_name);
      return CheckStatement(*pivot.back(), lake_name);
    }
    case StatementType::SET_STATEMENT:
      CheckSetting(statement.Cast<dk::SetStatement>());
      return StatementKind::kOther;
    case StatementType::TRANSACTION_STATEMENT:
      return StatementKind::kOther;
    case StatementType::DELETE_STATEMENT:
    case StatementType::UPDATE_STATEMENT:
    case StatementType::MERGE_INTO_STATEMENT:
      return StatementKind::kWrite;
    default:
      Deny(dk::StatementTypeToString(statement.type));
  }
}

void RegisterBindGate(dk::DBConfig& config) {
  dk::PlannerExtension gate;
  gate.post_bind_function = CheckBound;
  dk::PlannerExtension::Register(config, std::move(gate));
}

void KeepAllowedFunctions(dk::Connection& connection) {
  using dk::CatalogType;
  auto& context = *connection.context;
  context.RunFunctionInTransaction([&] {
    auto& system = dk::Catalog::GetSystemCatalog(context);
    std::vector<dk::DropInfo> drops;
    system.ScanSchemas(context, [&](dk::SchemaCatalogEntry& schema) {
      for (auto type : {CatalogType::TABLE_FUNCTION_ENTRY, CatalogType::SCALAR_FUNCTION_ENTRY,
                        CatalogType::AGGREGATE_FUNCTION_ENTRY, CatalogType::MACRO_ENTRY,
                        CatalogType::TABLE_MACRO_ENTRY, CatalogType::PRAGMA_FUNCTION_ENTRY,
                        CatalogType::COPY_FUNCTION_ENTRY}) {
        const bool whole =
            type == CatalogType::PRAGMA_FUNCTION_ENTRY || type == CatalogType::COPY_FUNCTION_ENTRY;
        schema.Scan(context, type, [&](dk::CatalogEntry& entry) {
          if (entry.type != type) return;
          const bool stays =
              RuleOf(entry.name) == FunctionRule::kAllowed && !IsSessionFunction(entry.name);
          if (!whole && stays) return;
          dk::DropInfo drop;
          drop.type = type;
          drop.schema = schema.name;
          drop.name = entry.name;
          drop.allow_drop_internal = true;
          drop.if_not_found = dk::OnEntryNotFound::RETURN_NULL;
          drops.push_back(std::move(drop));
        });
      }
    });
    for (auto& drop : drops) system.DropEntry(context, drop);
  });
}

}  // namespace lakehouse::query::duckdb
