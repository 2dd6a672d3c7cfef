#include "query/engines/duckdb/gate.h"

#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/statement/drop_statement.hpp>
#include <duckdb/parser/statement/explain_statement.hpp>
#include <duckdb/parser/statement/insert_statement.hpp>
#include <duckdb/parser/statement/set_statement.hpp>
#include <duckdb/planner/expression/bound_subquery_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <duckdb/planner/logical_operator_visitor.hpp>
#include <set>

#include "base/error.h"
#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/scan.h"

namespace lakehouse::query::duckdb {
namespace {

/// Table functions that make values of their arguments or list names that the principal may see.
const std::set<std::string>& AllowedFunctions() {
  static const std::set<std::string> allowed{kScanName,
                                             "range",
                                             "generate_series",
                                             "unnest",
                                             "repeat",
                                             "repeat_row",
                                             "json_each",
                                             "json_tree",
                                             "duckdb_tables",
                                             "duckdb_columns",
                                             "duckdb_views",
                                             "duckdb_schemas",
                                             "duckdb_functions",
                                             "duckdb_types",
                                             "duckdb_keywords",
                                             "duckdb_databases",
                                             "pragma_version",
                                             "summary",
                                             "in_out_table_function"};
  return allowed;
}

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
  bool foreign = !catalog.empty() && catalog::FoldCase(catalog) != catalog::FoldCase(lake);
  if (foreign || outside(schema)) Deny("creating or dropping objects outside of " + lake);
}

StatementKind CheckCreate(const dk::CreateStatement& statement, const std::string& lake) {
  const auto& info = *statement.info;
  if (info.temporary) Lack("CREATE TEMPORARY");
  switch (info.type) {
    case dk::CatalogType::TABLE_ENTRY:
    case dk::CatalogType::VIEW_ENTRY:
      break;
    case dk::CatalogType::SCHEMA_ENTRY:
      break;
    default:
      Deny("CREATE " + dk::CatalogTypeToString(info.type));
  }
  CheckPlace(info.catalog, info.type == dk::CatalogType::SCHEMA_ENTRY ? "" : info.schema, lake);
  bool as_select = info.type == dk::CatalogType::TABLE_ENTRY &&
                   info.Cast<dk::CreateTableInfo>().query != nullptr;
  return as_select ? StatementKind::kWrite : StatementKind::kDefinition;
}

StatementKind CheckSet(const dk::SetStatement& statement) {
  static const std::set<std::string> allowed{"schema", "search_path", "timezone"};
  const bool global = statement.scope == dk::SetScope::GLOBAL;
  if (global || !allowed.contains(catalog::FoldCase(statement.name))) {
    Deny("SET " + std::string(global ? "GLOBAL " : "") + statement.name);
  }
  return StatementKind::kOther;
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

void CheckPlan(dk::LogicalOperator& plan) {
  if (plan.type == dk::LogicalOperatorType::LOGICAL_GET) {
    const auto& get = plan.Cast<dk::LogicalGet>();
    const auto& name = get.function.name;
    bool lake_scan = name == kScanName && get.function.function_info != nullptr;
    bool allowed = name == kScanName ? lake_scan : AllowedFunctions().contains(name);
    if (!allowed) {
      throw Error(ErrorKind::kPermissionDenied, "LK-4011",
                  "the table function " + name + " may not be used",
                  "read tables by their names; range, generate_series and unnest make rows");
    }
  }
  dk::LogicalOperatorVisitor::EnumerateExpressions(
      plan, [](dk::unique_ptr<dk::Expression>* expression) { CheckSubqueries(**expression); });
  for (const auto& child : plan.children) CheckPlan(*child);
}

void CheckBound(dk::PlannerExtensionInput& input, dk::BoundStatement& statement) {
  auto session = LakeSession::Get(input.context);
  if (!session || !statement.plan) return;
  session->Guard([&] { CheckPlan(*statement.plan); });
}

}  // namespace

bool IsBlockedFunction(const std::string& name) {
  for (const char* prefix : {"read_", "parquet_", "sniff_", "scan_", "duckdb_log", "duckdb_secret",
                             "pragma_storage", "arrow_scan", "pandas_", "which_secret"}) {
    if (name.starts_with(prefix)) return true;
  }
  static const std::set<std::string> names{"glob",
                                           "query",
                                           "query_table",
                                           "json_execute_serialized_sql",
                                           "write_log",
                                           "stats",
                                           "getenv",
                                           "from_substrait",
                                           "enable_logging",
                                           "disable_logging",
                                           "checkpoint",
                                           "force_checkpoint",
                                           "duckdb_settings",
                                           "duckdb_temporary_files",
                                           "duckdb_memory",
                                           "duckdb_external_file_cache",
                                           "duckdb_connection_count",
                                           "test_all_types",
                                           "seq_scan",
                                           "index_scan"};
  return names.contains(name);
}

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
      CheckPlace(info.catalog, info.schema, lake_name);
      return StatementKind::kDefinition;
    }
    case StatementType::ALTER_STATEMENT:
      return StatementKind::kDefinition;
    case StatementType::SET_STATEMENT:
      return CheckSet(statement.Cast<dk::SetStatement>());
    case StatementType::DELETE_STATEMENT:
    case StatementType::UPDATE_STATEMENT:
    case StatementType::MERGE_INTO_STATEMENT:
      return StatementKind::kWrite;
    case StatementType::TRANSACTION_STATEMENT:
      Lack("BEGIN, COMMIT and ROLLBACK");
    default:
      Deny(dk::StatementTypeToString(statement.type));
  }
}

void RegisterBindGate(dk::DBConfig& config) {
  dk::PlannerExtension gate;
  gate.post_bind_function = CheckBound;
  dk::PlannerExtension::Register(config, std::move(gate));
}

void DropDangerousFunctions(dk::Connection& connection) {
  auto& context = *connection.context;
  context.RunFunctionInTransaction([&] {
    auto& system = dk::Catalog::GetSystemCatalog(context);
    auto& schema = system.GetSchema(context, "main");
    for (auto type :
         {dk::CatalogType::TABLE_FUNCTION_ENTRY, dk::CatalogType::SCALAR_FUNCTION_ENTRY,
          dk::CatalogType::PRAGMA_FUNCTION_ENTRY, dk::CatalogType::COPY_FUNCTION_ENTRY}) {
      std::vector<std::pair<dk::CatalogType, std::string>> found;
      schema.Scan(context, type, [&](dk::CatalogEntry& entry) {
        bool copy = type == dk::CatalogType::COPY_FUNCTION_ENTRY;
        bool same = entry.type == type;
        if (same && (copy || IsBlockedFunction(entry.name)))
          found.emplace_back(entry.type, entry.name);
      });
      for (const auto& [kind, name] : found) {
        dk::DropInfo drop;
        drop.type = kind;
        drop.schema = "main";
        drop.name = name;
        drop.allow_drop_internal = true;
        drop.if_not_found = dk::OnEntryNotFound::RETURN_NULL;
        system.DropEntry(context, drop);
      }
    }
  });
}

}  // namespace lakehouse::query::duckdb
