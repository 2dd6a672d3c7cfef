// What a statement of the dialect is for the engine.
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/statement/multi_statement.hpp>
#include <duckdb/parser/tableref/basetableref.hpp>
#include <duckdb/planner/planner.hpp>
#include <set>

#include "query/engines/duckdb/definition_checks.h"
#include "query/engines/duckdb/field_updates.h"
#include "query/engines/duckdb/gate.h"
#include "query/engines/duckdb/insert_sql.h"
#include "query/engines/duckdb/lake_catalog.h"
#include "query/engines/duckdb/lake_schema.h"
#include "query/engines/duckdb/session.h"

namespace lakehouse::query::duckdb {

dk::unique_ptr<dk::SQLStatement> DuckDbSession::Parse(const std::string& sql) {
  auto statements = connection_->ExtractStatements(sql);
  if (statements.size() == 1) return std::move(statements[0]);
  if (TakePivot(statements)) {
    auto pivot = dk::make_uniq<dk::MultiStatement>();
    pivot->statements = std::move(statements);
    return pivot;
  }
  throw Error(ErrorKind::kInvalidArgument, "LK-4001",
              statements.empty() ? "there is no statement"
                                 : "there are " + std::to_string(statements.size()) +
                                       " statements, and one is run at a time",
              "send each statement by itself");
}

dk::unique_ptr<dk::SQLStatement> DuckDbSession::Resolve(dk::MultiStatement& pivot,
                                                        StatementScope& scope) {
  return WithValues(std::move(pivot.statements), [&](dk::unique_ptr<dk::SQLStatement> query) {
    SetGather(*connection_->context, false);
    auto result = connection_->Query(std::move(query));
    if (result->HasError()) scope.fail(result->GetErrorObject());
    std::vector<std::string> values;
    for (const auto& row : *result) values.push_back(row.GetValue<std::string>(0));
    return values;
  });
}

namespace {

std::string QuotedName(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) {
    if (!text.empty()) text += '.';
    text += dk::KeywordHelper::WriteQuoted(part, '"');
  }
  return text;
}

std::string DescribeView(const dialect::Describe& statement, const CommandAnswer& answer) {
  std::string sql =
      "SELECT column_name AS col_name, column_type AS data_type, NULL::VARCHAR AS comment "
      "FROM (DESCRIBE " +
      QuotedName(statement.name) + ")";
  for (const auto& [name, value] : answer.details) {
    sql += " UNION ALL VALUES (" + dk::KeywordHelper::WriteQuoted(name, '\'') + ", " +
           dk::KeywordHelper::WriteQuoted(value, '\'') + ", NULL)";
  }
  return sql;
}

dk::unique_ptr<dk::ParsedExpression> Constant(const std::string& text) {
  return dk::make_uniq<dk::ConstantExpression>(dk::Value(text));
}

/// CREATE TABLE ... AS with the clauses that the engine's grammar lacks.
void AddClauses(const dialect::CreateTable& given, dk::SQLStatement& parsed) {
  const bool pivot = parsed.type == dk::StatementType::MULTI_STATEMENT;
  auto& statement = pivot ? *parsed.Cast<dk::MultiStatement>().statements.back() : parsed;
  auto& info = statement.Cast<dk::CreateStatement>().info->Cast<dk::CreateTableInfo>();
  for (const auto& column : given.partition_columns) {
    info.partition_keys.push_back(dk::make_uniq<dk::ColumnRefExpression>(column));
  }
  for (const auto& [key, value] : given.properties) info.options[key] = Constant(value);
  if (!given.comment.empty()) info.comment = dk::Value(given.comment);
  if (!given.location.empty()) info.options[kLocationOption] = Constant(given.location);
  if (given.cluster_by) info.options[kClusterOption] = Constant(ClusterOption(*given.cluster_by));
}

/// Ends keeps_variants, however it ends.
class KeptVariants {
 public:
  explicit KeptVariants(LakeSession& session) : session_(session) {}
  KeptVariants(const KeptVariants&) = delete;
  KeptVariants& operator=(const KeptVariants&) = delete;
  ~KeptVariants() { session_.keeps_variants = false; }

 private:
  LakeSession& session_;
};

}  // namespace

DuckDbSession::Columns DuckDbSession::ColumnsOf(dk::unique_ptr<dk::SQLStatement> query) {
  Columns columns;
  lake_session_->keeps_variants = true;
  const KeptVariants end(*lake_session_);
  const std::string text = query->query;
  try {
    connection_->context->RunFunctionInTransaction([&] {
      dk::Planner planner(*connection_->context);
      planner.CreatePlan(std::move(query));
      columns = {planner.names, planner.types};
    });
  } catch (const dk::Exception& failure) {
    dk::ErrorData error(failure);
    error.AddErrorLocation(text);
    error.Throw();
  }
  return columns;
}

void DuckDbSession::CheckNames(const std::string& query) {
  auto parsed = Parse(query);
  // A pivot takes its columns from the data.
  if (parsed->type != dk::StatementType::SELECT_STATEMENT) return;
  std::set<std::string> seen;
  for (const auto& name : ColumnsOf(std::move(parsed)).names) {
    if (seen.insert(catalog::FoldCase(name)).second) continue;
    throw Error(ErrorKind::kInvalidSchema, "LK-3502",
                "the column " + name + " is there twice in the query of CREATE TABLE",
                "Names are compared without regard to case; give one of them another with AS.");
  }
}

dk::unique_ptr<dk::SQLStatement> DuckDbSession::ForView(const dialect::Describe& statement,
                                                        const CommandAnswer& answer) {
  return Parse(DescribeView(statement, answer));
}

void DuckDbSession::SetFields(dk::SQLStatement& statement,
                              const std::vector<dialect::FieldTarget>& fields) {
  const auto& target = ChangedTable(statement);
  const bool by_path = target.schema_name == kPathSchema;
  std::vector<std::string> name;
  for (const std::string& part : {target.catalog_name, target.schema_name, target.table_name}) {
    if (!part.empty() && !by_path) name.push_back(part);
  }
  const auto table = TableToChange(name, by_path ? target.table_name : "");
  const auto& evolution = lake_session_->evolution;
  SetWholeColumns(statement, fields,
                  evolution ? evolution->metadata.schema : table->Latest()->schema());
}

dk::unique_ptr<dk::SQLStatement> DuckDbSession::ForEngine(const dialect::Statement& statement) {
  if (const auto* sql = std::get_if<dialect::DuckSql>(&statement)) {
    if (sql->evolution) {
      EvolveFor(sql->evolution->name, sql->evolution->path,
                "SELECT * FROM " + sql->evolution->source, 0, sql->evolution->automatic);
    }
    auto parsed = Parse(sql->sql);
    if (!sql->fields.empty()) SetFields(*parsed, sql->fields);
    return parsed;
  }
  if (const auto* insert = std::get_if<dialect::InsertRows>(&statement)) return ForInsert(*insert);
  const auto* create = std::get_if<dialect::CreateTable>(&statement);
  if (create == nullptr || create->as_select.empty()) return nullptr;
  if (create->must_exist) TableToChange(create->name, "");
  CheckNames(create->as_select);
  std::string sql = create->or_replace ? "CREATE OR REPLACE TABLE " : "CREATE TABLE ";
  if (create->if_not_exists) sql += "IF NOT EXISTS ";
  auto parsed = Parse(sql + QuotedName(create->name) + " AS " + create->as_select);
  AddClauses(*create, *parsed);
  return parsed;
}

std::shared_ptr<storage::Table> DuckDbSession::TableToChange(const std::vector<std::string>& name,
                                                             const std::string& path) {
  DefinitionChecks checks(*connection_, {});
  const CommandContext context{*core_->lake, principal_, checks, current_schema()};
  auto object = Target(context, catalog::Action::kModify, name, path);
  if (object.table) return object.table;
  throw Error(ErrorKind::kInvalidArgument, "LK-2025",
              object.info.name.ToString() + " is a view, not a table",
              "name the table that the view reads");
}

void DuckDbSession::EvolveFor(const std::vector<std::string>& name, const std::string& path,
                              const std::string& rows, size_t skip, bool automatic) {
  const auto refuse_in_transaction = [&] {
    if (!transaction_) return;
    throw Error(ErrorKind::kUnsupported, "LK-4012", "WITH SCHEMA EVOLUTION in a transaction",
                "run it outside of BEGIN and COMMIT, or add the columns with ALTER TABLE");
  };
  if (!automatic) refuse_in_transaction();
  const auto table = TableToChange(name, path);
  auto query = Parse(rows);
  if (CheckStatement(*query, core_->lake->default_catalog()) != StatementKind::kQuery) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4001", "a query is expected, or VALUES");
  }
  const auto columns = ColumnsOf(std::move(query));
  auto evolution =
      Evolve(*table, columns.names, columns.types, skip, *core_->lake->storage_context().random);
  if (automatic && evolution.metadata == evolution.base->metadata()) return;
  refuse_in_transaction();
  lake_session_->evolution = std::move(evolution);
}

dk::unique_ptr<dk::SQLStatement> DuckDbSession::ForInsert(const dialect::InsertRows& insert) {
  const auto table = TableToChange(insert.name, insert.path);
  storage::TableMetadata metadata = table->Latest()->metadata();
  if (insert.evolve && insert.columns.empty()) {
    EvolveFor(insert.name, insert.path, insert.rows,
              insert.by_name ? 0 : metadata.schema.fields.size(), insert.automatic);
    if (lake_session_->evolution) metadata = lake_session_->evolution->metadata;
  }
  const bool dynamic = settings_.dynamic_overwrite;
  lake_session_->overwrite = OverwritesAll(insert, metadata, dynamic);
  lake_session_->replaces = ReplacedRows(insert, metadata, dynamic);
  const auto target =
      insert.path.empty() ? QuotedName(insert.name) : QuotedName({"lake_path", insert.path});
  return Parse(InsertSql(insert, target, metadata, dynamic));
}

}  // namespace lakehouse::query::duckdb
