// ALTER TABLE, COMMENT ON TABLE and COMMENT ON COLUMN. Each is one commit.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/suggest.h"
#include "query/engines/duckdb/commands/alter_columns.h"
#include "query/engines/duckdb/commands/definition_commit.h"
#include "query/engines/duckdb/commands/drop_feature.h"
#include "storage/delta/commit/clustering_columns.h"
#include "storage/delta/log/column_ids.h"
#include "storage/delta/log/table_properties.h"
#include "storage/field_keys.h"
#include "storage/schema_change.h"

namespace lakehouse::query::duckdb {
namespace {

using nlohmann::ordered_json;
using storage::ColumnPath;

std::string ConstraintKey(const std::string& name) {
  return storage::kConstraintPrefix + catalog::FoldCase(name);
}

TableChanged Apply(const Altering& table, const dialect::SetProperties& change) {
  const auto checked =
      storage::delta::CheckProperties(change.properties, storage::delta::PropertyUse::kAlter);
  TableChanged result{table.metadata(), {}, {}};
  for (const auto& [key, value] : checked) {
    if (key == "comment") {
      result.metadata.description = value;
    } else {
      result.metadata.properties[key] = value;
    }
  }
  storage::delta::CheckPropertyChange(table.metadata(), result.metadata);
  result.metadata = storage::delta::WithColumnIds(std::move(result.metadata),
                                                  storage::delta::PhysicalNames::kKept,
                                                  *table.context.lake.storage_context().random);
  result.description.operation = "SET TBLPROPERTIES";
  result.description.parameters["properties"] = JsonOf(ordered_json(checked).dump());
  return result;
}

TableChanged Apply(const Altering& table, const dialect::UnsetProperties& change) {
  TableChanged result{table.metadata(), {}, {}};
  auto& properties = result.metadata.properties;
  for (const auto& key : change.keys) {
    storage::delta::CheckRemoval(key);
    if (key == "comment") result.metadata.description.clear();
    if (properties.erase(key) > 0 || change.if_exists || key == "comment") continue;
    std::vector<std::string> names;
    for (const auto& [name, value] : properties) names.push_back(name);
    throw Error(ErrorKind::kNotFound, "LK-4062", "the table has no property " + key,
                DidYouMean(key, names));
  }
  storage::delta::CheckPropertyChange(table.metadata(), result.metadata);
  result.description.operation = "UNSET TBLPROPERTIES";
  result.description.parameters["properties"] = JsonOf(ordered_json(change.keys).dump());
  result.description.parameters["ifExists"] = change.if_exists ? "true" : "false";
  return result;
}

TableChanged Apply(const Altering& table, const dialect::AddConstraint& change) {
  std::string name = change.rule.name;
  if (name.empty()) name = table.object.info.name.name + "_chk_1";
  const std::string key = ConstraintKey(name);
  if (table.metadata().properties.count(key) > 0) {
    throw Error(ErrorKind::kAlreadyExists, "LK-4063",
                "the table has a constraint " + name + " already",
                "Drop it first, or choose another name.");
  }
  table.context.engine.CheckRule(change.rule, table.metadata().schema);
  if (!table.context.engine.HoldsForAll(table.object, table.base->version(), change.rule.text)) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4065",
                "the constraint " + name + " cannot be added: there are rows for which " +
                    change.rule.text + " is not true",
                "Change or delete these rows first: WHERE (" + change.rule.text + ") IS NOT TRUE.");
  }
  TableChanged result{table.metadata(), {}, {}};
  result.metadata.properties[key] = change.rule.text;
  result.description.operation = "ADD CONSTRAINT";
  result.description.parameters["name"] = JsonOf(name);
  result.description.parameters["expr"] = JsonOf(change.rule.text);
  return result;
}

TableChanged Apply(const Altering& table, const dialect::DropConstraint& change) {
  TableChanged result{table.metadata(), {}, {}};
  auto& properties = result.metadata.properties;
  const auto found = properties.find(ConstraintKey(change.name));
  if (found == properties.end()) {
    if (change.if_exists) return result;
    std::vector<std::string> names;
    for (const auto& [key, text] : properties) {
      if (!key.starts_with(storage::kConstraintPrefix)) continue;
      names.push_back(key.substr(std::string(storage::kConstraintPrefix).size()));
    }
    throw Error(ErrorKind::kNotFound, "LK-4064", "the table has no constraint " + change.name,
                DidYouMean(change.name, names));
  }
  result.description.operation = "DROP CONSTRAINT";
  result.description.parameters["name"] = JsonOf(change.name);
  result.description.parameters["expr"] = JsonOf(found->second);
  result.description.parameters["existed"] = "\"true\"";
  properties.erase(found);
  return result;
}

std::string Joined(const std::vector<ColumnPath>& columns) {
  std::string text;
  for (const auto& column : columns) text += (text.empty() ? "" : ",") + storage::PathText(column);
  return text;
}

TableChanged Apply(const Altering& table, const dialect::ClusterBy& change) {
  TableChanged result{table.metadata(), {}, {}};
  const auto before = storage::delta::ClusteringColumns(*table.base);
  if (!before && change.columns.empty()) return result;
  result.cluster_by = storage::delta::CheckClustering(table.metadata(), change.columns);
  result.description.operation = "CLUSTER BY";
  result.description.parameters["oldClusteringColumns"] =
      JsonOf(Joined(before.value_or(std::vector<ColumnPath>{})));
  result.description.parameters["newClusteringColumns"] = JsonOf(Joined(*result.cluster_by));
  return result;
}

TableChanged Apply(const Altering& table, const dialect::CommentTable& change) {
  TableChanged result{table.metadata(), {}, {}};
  result.metadata.description = change.comment;
  result.description.operation = "SET TBLPROPERTIES";
  const ordered_json properties = {{"comment", change.comment}};
  result.description.parameters["properties"] = JsonOf(properties.dump());
  return result;
}

TableChanged Apply(const Altering&, const dialect::RenameTable&) {
  throw Error(ErrorKind::kInternal, "LK-4030", "a name is not part of a table's log");
}

TableChanged Apply(const Altering&, const dialect::DropFeature&) {
  throw Error(ErrorKind::kInternal, "LK-4030", "a feature goes in several commits");
}

void Commit(const Altering& table, TableChanged changed) {
  const bool metadata = changed.metadata != table.metadata();
  if (!metadata && !changed.cluster_by) return;
  changed.description.user_name = table.context.principal.name;
  auto transaction = table.object.table->Begin(table.base);
  if (changed.cluster_by) {
    transaction->SetDomain(
        storage::delta::kClusteringDomain,
        storage::delta::ClusteringConfiguration(table.metadata().schema, *changed.cluster_by,
                                                table.base->column_mapping()));
  }
  if (metadata) transaction->SetMetadata(std::move(changed.metadata));
  CommitDefinition(*transaction, changed.description);
}

/// Names and the comment that listings show are in the metadata store.
void Rename(const CommandContext& context, const dialect::AlterTable& statement,
            const dialect::RenameTable& change) {
  if (statement.name.empty()) {
    throw Error(ErrorKind::kInvalidArgument, "LK-2001", "a table without a name cannot be renamed",
                "Register it under a name: CREATE TABLE name LOCATION 'path'.");
  }
  const auto from = FullName(context, statement.name);
  if (statement.if_exists && !context.lake.Find(context.principal, catalog::Action::kAlter, from)) {
    return;
  }
  auto to = FullName(context, change.name);
  if (change.name.size() < 2) to.schema = from.schema;
  if (change.name.size() < 3) to.catalog = from.catalog;
  context.lake.Rename(context.principal, from, to);
}

void KeepComment(const Altering& table) {
  if (table.object.info.name.catalog.empty()) return;  // reached by its path
  table.context.lake.SetComment(table.context.principal, table.object.info.name,
                                table.object.table->Latest()->metadata().description);
}

}  // namespace

CommandAnswer Run(const CommandContext& context, const dialect::AlterTable& statement) {
  if (const auto* rename = std::get_if<dialect::RenameTable>(&statement.change)) {
    Rename(context, statement, *rename);
    return {};
  }
  if (statement.if_exists && !statement.name.empty() &&
      !context.lake.Find(context.principal, catalog::Action::kAlter,
                         FullName(context, statement.name))) {
    return {};
  }
  const auto object = Target(context, catalog::Action::kAlter, statement.name, statement.path);
  if (!object.table) {
    throw Error(ErrorKind::kInvalidArgument, "LK-2025",
                object.info.name.ToString() + " is a view, not a table",
                "Name the table that the view reads.");
  }
  if (const auto* drop = std::get_if<dialect::DropFeature>(&statement.change)) {
    DropFeatureOf(context, object, *drop);
    return {};
  }
  const Altering table{context, object, object.table->Latest()};
  TableChanged changed =
      std::visit([&](const auto& change) { return Apply(table, change); }, statement.change);
  const bool comment = std::holds_alternative<dialect::CommentTable>(statement.change) ||
                       changed.metadata.description != table.metadata().description;
  Commit(table, std::move(changed));
  if (comment) KeepComment(table);
  return {};
}

}  // namespace lakehouse::query::duckdb
