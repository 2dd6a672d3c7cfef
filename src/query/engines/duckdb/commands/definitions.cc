// CREATE TABLE, CREATE SCHEMA, DROP.
#include "base/error.h"
#include "query/engines/duckdb/commands/command.h"

namespace lakehouse::query::duckdb {
namespace {

[[noreturn]] void ThrowName(const std::string& why) {
  throw Error(ErrorKind::kInvalidArgument, "LK-2001", why,
              "Write table, schema.table or catalog.schema.table.");
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
  const auto base = found->table->Latest();
  auto metadata = base->metadata();
  metadata.schema = statement.schema;
  metadata.partition_columns = statement.partition_columns;
  metadata.description = statement.comment;
  for (const auto& [key, value] : statement.properties) metadata.properties[key] = value;
  storage::CommitDescription description;
  description.operation = "CREATE OR REPLACE TABLE";
  description.user_name = context.principal.name;
  auto commit = found->table->Begin(base);
  commit->RemoveAllFiles();
  commit->SetMetadata(std::move(metadata));
  const auto result = commit->Commit(description);
  if (result.outcome == storage::CommitOutcome::kConflict) {
    throw Error(ErrorKind::kCommitConflict, "LK-4013",
                "another commit changed the table first: " + result.reason,
                "Run the statement again.");
  }
  if (result.outcome == storage::CommitOutcome::kUnknown) {
    throw Error(ErrorKind::kCommitStateUnknown, "LK-4014",
                "the table may or may not be replaced: " + result.reason,
                "Look at DESCRIBE HISTORY before running it again.");
  }
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
  if (statement.or_replace && !statement.schema.fields.empty() &&
      ReplaceTable(context, name, statement))
    return {};
  if (statement.schema.fields.empty()) {  // LOCATION alone: a table that is there gets a name
    Register(context, name, statement);
    return {};
  }
  catalog::CreateTableRequest request;
  request.name = name;
  request.options.schema = statement.schema;
  request.options.partition_columns = statement.partition_columns;
  request.options.properties = statement.properties;
  request.options.comment = statement.comment;
  request.location = statement.location;
  request.if_not_exists = statement.if_not_exists;
  request.description.operation = "CREATE TABLE";
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
