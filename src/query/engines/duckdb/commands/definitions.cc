// CREATE TABLE, CREATE SCHEMA, DROP.
#include "base/error.h"
#include "query/engines/duckdb/commands/command.h"
#include "query/engines/duckdb/commands/definition_commit.h"
#include "query/engines/duckdb/commands/new_table.h"
#include "storage/delta/commit/clustering_columns.h"
#include "storage/delta/log/column_ids.h"
#include "storage/delta/log/table_properties.h"

namespace lakehouse::query::duckdb {
namespace {

[[noreturn]] void ThrowName(const std::string& why) {
  throw Error(ErrorKind::kInvalidArgument, "LK-2001", why,
              "Write table, schema.table or catalog.schema.table.");
}

/// The columns of another table, and what goes with them.
void TakeLike(const CommandContext& context, const dialect::CreateTable& statement,
              storage::CreateTableOptions& options, ClusterColumns& cluster_by) {
  const auto other = context.lake.Resolve(context.principal, catalog::Action::kSelect,
                                          FullName(context, statement.like));
  if (!other.table) {
    throw Error(ErrorKind::kUnsupported, "LK-4012",
                "CREATE TABLE LIKE the view " + other.info.name.ToString(),
                "Use CREATE TABLE ... AS SELECT * FROM the view LIMIT 0.");
  }
  const auto snapshot = other.table->Latest();
  const auto& metadata = snapshot->metadata();
  options.schema = storage::delta::WithoutColumnIds(metadata.schema);
  if (options.comment.empty()) options.comment = metadata.description;
  if (options.partition_columns.empty()) options.partition_columns = metadata.partition_columns;
  for (const auto& [key, value] : metadata.properties) {
    if (!storage::delta::IsInternalProperty(key)) options.properties.emplace(key, value);
  }
  if (!cluster_by) cluster_by = storage::delta::ClusteringColumns(*snapshot);
}

/// What the statement asks for, checked and whole.
storage::CreateTableOptions OptionsOf(const CommandContext& context,
                                      const dialect::CreateTable& statement,
                                      ClusterColumns& cluster_by) {
  storage::CreateTableOptions options;
  options.schema = statement.schema;
  options.partition_columns = statement.partition_columns;
  options.properties = statement.properties;
  options.comment = statement.comment;
  cluster_by = statement.cluster_by;
  if (!statement.like.empty()) TakeLike(context, statement, options, cluster_by);
  AddRules(context, statement.rules, statement.name.back(), options.schema, options.properties);
  CompleteNewTable(options, cluster_by, *context.lake.storage_context().random);
  return options;
}

/// Replaces the table of that name by an empty one of other columns; false when there is none.
bool ReplaceTable(const CommandContext& context, const catalog::ObjectName& name,
                  const dialect::CreateTable& statement) {
  auto found = context.lake.Find(context.principal, catalog::Action::kModify, name);
  if (!found) return false;
  if (!found->table) {
    throw Error(ErrorKind::kAlreadyExists, "LK-2013", name.ToString() + " is a view",
                "Drop the view first.");
  }
  if (!statement.location.empty()) {
    throw Error(ErrorKind::kUnsupported, "LK-4012", "LOCATION in a CREATE OR REPLACE of a table",
                "The table keeps its place; leave LOCATION out.");
  }
  ClusterColumns cluster_by;
  const auto options = OptionsOf(context, statement, cluster_by);
  const auto base = found->table->Latest();
  auto metadata = base->metadata();
  metadata.schema = options.schema;
  metadata.partition_columns = options.partition_columns;
  metadata.description = options.comment;
  metadata.properties = options.properties;
  metadata =
      Replacement(base->metadata(), std::move(metadata), *context.lake.storage_context().random);
  storage::CommitDescription description;
  description.operation = "CREATE OR REPLACE TABLE";
  description.parameters = CreationParameters(options, cluster_by, statement.location.empty());
  description.user_name = context.principal.name;
  auto commit = found->table->Begin(base);
  commit->RemoveAllFiles();
  commit->SetMetadata(metadata);
  SetClustering(*commit, metadata, cluster_by);
  CommitDefinition(*commit, description);
  return true;
}

/// CREATE TABLE name LOCATION of a table that exists.
void Register(const CommandContext& context, const catalog::ObjectName& name,
              const dialect::CreateTable& statement) {
  const bool more = !statement.partition_columns.empty() || !statement.properties.empty() ||
                    !statement.comment.empty() || statement.or_replace;
  if (more) {
    throw Error(ErrorKind::kUnsupported, "LK-4012",
                "OR REPLACE, PARTITIONED BY, TBLPROPERTIES or COMMENT of a table that exists",
                "Give it a name with CREATE TABLE name LOCATION 'path', then change it.");
  }
  if (statement.if_not_exists &&
      context.lake.Find(context.principal, catalog::Action::kBrowse, name)) {
    return;
  }
  context.lake.RegisterTable(context.principal, name, statement.location);
}

}  // namespace

catalog::ObjectName FullName(const CommandContext& context, const std::vector<std::string>& parts) {
  if (parts.empty() || parts.size() > 3) {
    ThrowName("a name has one to three parts, this one has " + std::to_string(parts.size()));
  }
  for (const auto& part : parts) {
    if (part.empty()) ThrowName("a part of the name is empty");
  }
  catalog::ObjectName name{context.lake.default_catalog(), context.schema, parts.back()};
  if (parts.size() > 1) name.schema = parts[parts.size() - 2];
  if (parts.size() > 2) name.catalog = parts[0];
  return name;
}

catalog::ResolvedObject Target(const CommandContext& context, catalog::Action action,
                               const std::vector<std::string>& name, const std::string& path) {
  if (!path.empty()) return context.lake.ResolvePath(context.principal, action, path);
  return context.lake.Resolve(context.principal, action, FullName(context, name));
}

CommandAnswer Run(const CommandContext& context, const dialect::CreateTable& statement) {
  const auto name = FullName(context, statement.name);
  const bool columns = !statement.schema.fields.empty() || !statement.like.empty();
  if (statement.must_exist) Target(context, catalog::Action::kModify, statement.name, "");
  if (statement.or_replace && columns && ReplaceTable(context, name, statement)) return {};
  if (!columns) {  // LOCATION alone: a table that is there gets a name
    Register(context, name, statement);
    return {};
  }
  ClusterColumns cluster_by;
  catalog::CreateTableRequest request;
  request.name = name;
  request.options = OptionsOf(context, statement, cluster_by);
  request.location = statement.location;
  request.if_not_exists = statement.if_not_exists;
  request.description.operation = "CREATE TABLE";
  request.description.parameters =
      CreationParameters(request.options, cluster_by, statement.location.empty());
  request.description.user_name = context.principal.name;
  context.lake.CreateTable(context.principal, request);
  return {};
}

CommandAnswer Run(const CommandContext& context, const dialect::CreateSchema& statement) {
  if (statement.name.empty() || statement.name.size() > 2) {
    ThrowName("a schema's name has one or two parts");
  }
  const auto catalog =
      statement.name.size() == 2 ? statement.name[0] : context.lake.default_catalog();
  for (const char* taken : {"memory", "system", "temp", "information_schema", "pg_catalog",
                            "lake_path", "lake_rewrite"}) {
    if (catalog::FoldCase(statement.name.back()) == taken) {
      ThrowName(statement.name.back() + " is a name of the engine");
    }
  }
  context.lake.CreateSchema(context.principal, catalog, statement.name.back(), statement.comment,
                            statement.if_not_exists);
  return {};
}

CommandAnswer Run(const CommandContext& context, const dialect::DropTable& statement) {
  context.lake.Drop(context.principal, FullName(context, statement.name),
                    statement.view ? catalog::ObjectKind::kView : catalog::ObjectKind::kTable,
                    statement.if_exists, statement.purge);
  return {};
}

}  // namespace lakehouse::query::duckdb
