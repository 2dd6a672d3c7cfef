// Changes of the columns of a table.
#include "query/engines/duckdb/commands/alter_columns.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "query/engines/duckdb/commands/definition_commit.h"
#include "storage/delta/commit/clustering_columns.h"
#include "storage/delta/log/column_ids.h"
#include "storage/delta/log/type_widening.h"
#include "storage/field_keys.h"
#include "storage/parquet/stats_columns.h"
#include "storage/schema_change.h"

namespace lakehouse::query::duckdb {
namespace {

using nlohmann::ordered_json;
using storage::ColumnPath;
using storage::Field;
using storage::PathText;

/// A column in the parameters of a commit, as Spark writes it.
ordered_json Described(const ColumnPath& parent, const Field& field) {
  ColumnPath path = parent;
  path.push_back(field.name);
  ordered_json metadata = ordered_json::object();
  for (const auto& [key, text] : field.metadata) metadata[key] = ordered_json::parse(text);
  return {{"name", PathText(path)},
          {"type", field.type->ToString()},
          {"nullable", field.nullable},
          {"metadata", metadata}};
}

std::string Text(const Field& field, const char* key) {
  const auto found = field.metadata.find(key);
  if (found == field.metadata.end()) return {};
  const auto json = nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  return json.is_string() ? json.get<std::string>() : std::string();
}

bool Uses(const Altering& table, const std::string& expression, const ColumnPath& path) {
  for (const auto& used : table.context.engine.ColumnsOf(expression, table.metadata().schema)) {
    if (storage::Overlap(path, used)) return true;
  }
  return false;
}

/// What else of the table's definition is made of the column would be wrong without it.
void RefuseUsed(const Altering& table, const ColumnPath& path, const std::string& what) {
  const auto refuse = [&](const std::string& why, const std::string& hint) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4059",
                "the column " + PathText(path) + " cannot be " + what + ": " + why, hint);
  };
  for (const auto& [key, text] : table.metadata().properties) {
    if (!key.starts_with(storage::kConstraintPrefix) || !Uses(table, text, path)) continue;
    const std::string name = key.substr(std::string(storage::kConstraintPrefix).size());
    refuse("the constraint " + name + " uses it", "Drop the constraint first.");
  }
  storage::ForEachField(table.metadata().schema, [&](const ColumnPath& other, const Field& field) {
    const std::string expression = Text(field, storage::kGenerationKey);
    if (expression.empty() || storage::Overlap(path, other)) return;
    if (Uses(table, expression, path)) {
      refuse("the generated column " + PathText(other) + " uses it",
             "Generated columns stay as they are.");
    }
  });
}

void RefuseClustering(const Altering& table, const ColumnPath& path) {
  const auto clustering = storage::delta::ClusteringColumns(*table.base);
  for (const auto& column : clustering.value_or(std::vector<ColumnPath>{})) {
    if (!storage::Overlap(path, column)) continue;
    throw Error(ErrorKind::kInvalidArgument, "LK-4059",
                "the column " + PathText(path) + " cannot be dropped: the table is clustered by it",
                "Use ALTER TABLE ... CLUSTER BY with other columns first.");
  }
}

void RequireMapping(const Altering& table, const std::string& what) {
  if (storage::delta::MappingOf(table.metadata()) != storage::ColumnMapping::kNone) return;
  throw Error(
      ErrorKind::kInvalidArgument, "LK-4057",
      what + " needs column mapping, and the table's columns are not mapped",
      "Turn it on: ALTER TABLE ... SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name').");
}

void CheckAdded(const Altering& table, const dialect::AddColumns& change) {
  for (const auto& rule : change.rules) {
    if (rule.kind == dialect::Rule::kDefault) {
      throw Error(
          ErrorKind::kInvalidArgument, "LK-4066",
          "a new column has no DEFAULT in the statement that adds it (at " + rule.place + ")",
          "Add the column, then use ALTER COLUMN ... SET DEFAULT.");
    }
    throw Error(ErrorKind::kUnsupported, "LK-4012",
                std::string(rule.kind == dialect::Rule::kCheck ? "CHECK" : "GENERATED") +
                    " on a column that is added (at " + rule.place + ")",
                rule.kind == dialect::Rule::kCheck ? "Use ADD CONSTRAINT." : "");
  }
  const bool rows = table.base->file_count() > 0;
  for (const auto& column : change.columns) {
    if (column.field.metadata.count(storage::kIdentityStepKey) > 0) {
      throw Error(ErrorKind::kUnsupported, "LK-4012",
                  "the identity column " + column.field.name + " on a table that is there",
                  "Identity columns are made with the table.");
    }
    if (!column.field.nullable && rows) {
      throw Error(ErrorKind::kInvalidArgument, "LK-4072",
                  "the column " + column.field.name +
                      " cannot be NOT NULL: the rows of the table would have no value for it",
                  "Add it without NOT NULL, fill it, then use ALTER COLUMN ... SET NOT NULL.");
    }
  }
}

/// "a IS NULL OR a.b IS NOT NULL" for a.b. Only through structs.
std::string NotNullCondition(const Altering& table, const ColumnPath& path) {
  std::string condition;
  std::string column;
  ColumnPath part;
  for (const std::string& name : path) {
    part.push_back(name);
    const bool last = part.size() == path.size();
    column += column.empty() ? "`" : ".`";
    for (const char c : name) column += c == '`' ? std::string("``") : std::string(1, c);
    column += '`';
    condition += column + (last ? " IS NOT NULL" : " IS NULL OR ");
    const Field* field = storage::FindField(table.metadata().schema, part);
    if (!last && field->type->id() != storage::TypeId::kStruct) {
      throw Error(ErrorKind::kUnsupported, "LK-4012",
                  "SET NOT NULL inside of the " + field->type->ToString() + " " + PathText(part));
    }
  }
  return condition;
}

storage::TableMetadata Nullable(const Altering& table, storage::TableMetadata next,
                                const ColumnPath& path, bool nullable) {
  const Field& field = *storage::FindField(next.schema, path);
  if (field.nullable == nullable) return next;
  const bool holds =
      nullable || table.context.engine.HoldsForAll(table.object, table.base->version(),
                                                   NotNullCondition(table, path));
  if (!holds) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4065",
                "the column " + PathText(path) + " cannot be NOT NULL: there are rows with null",
                "Change or delete these rows first: WHERE " + PathText(path) + " IS NULL.");
  }
  return storage::SetNullable(std::move(next), path, nullable);
}

storage::TableMetadata Default(const Altering& table, storage::TableMetadata next,
                               const ColumnPath& path, const dialect::ChangeColumn& change) {
  if (!change.set_default) return storage::SetDefault(std::move(next), path, std::nullopt);
  const Field& field = *storage::FindField(next.schema, path);
  if (field.metadata.count(storage::kGenerationKey) > 0 ||
      field.metadata.count(storage::kIdentityStepKey) > 0) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4066",
                "the column " + PathText(path) + " has no DEFAULT: its values are generated");
  }
  table.context.engine.CheckRule(*change.set_default, next.schema);
  return storage::SetDefault(std::move(next), path, change.set_default->text);
}

storage::TableMetadata Retyped(const Altering& table, storage::TableMetadata next,
                               const ColumnPath& path, const storage::DataTypePtr& type) {
  const Field& field = *storage::FindField(next.schema, path);
  if (*field.type == *type) return next;
  if (field.metadata.count(storage::kIdentityStepKey) > 0 ||
      field.metadata.count(storage::kGenerationKey) > 0) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4059",
                "the type of " + PathText(path) + " stays: its values are generated");
  }
  RefuseUsed(table, path, "given another type");
  const auto& features = table.base->protocol().writer_features;
  const bool preview =
      std::find(features.begin(), features.end(), "typeWidening-preview") != features.end();
  return storage::delta::WidenType(
      std::move(next), path, type,
      preview ? std::optional(table.base->version() + 1) : std::nullopt);
}

/// The property that names columns with statistics follows them: `name` is the column's new one,
/// nothing when it was dropped.
void FollowColumn(const storage::Schema& before, const ColumnPath& path,
                  const std::optional<std::string>& name, storage::TableMetadata& next) {
  const auto named = next.properties.find("delta.dataSkippingStatsColumns");
  if (named == next.properties.end()) return;
  auto columns = storage::parquet::FindColumns(before, named->second);
  const auto in_it = [&](const ColumnPath& column) {
    return column.size() >= path.size() && std::equal(path.begin(), path.end(), column.begin());
  };
  if (!name) std::erase_if(columns, in_it);
  for (ColumnPath& column : columns) {
    if (name && in_it(column)) column[path.size() - 1] = *name;
  }
  named->second = storage::parquet::ColumnList(columns);
}

Random& RandomOf(const Altering& table) { return *table.context.lake.storage_context().random; }

}  // namespace

TableChanged Apply(const Altering& table, const dialect::AddColumns& change) {
  CheckAdded(table, change);
  TableChanged result{table.metadata(), {}, {}};
  ordered_json columns = ordered_json::array();
  for (const auto& column : change.columns) {
    ColumnPath path = column.parent;
    path.push_back(column.field.name);
    if (change.if_not_exists && storage::FindField(result.metadata.schema, path) != nullptr) {
      continue;
    }
    result.metadata =
        storage::AddColumn(std::move(result.metadata), column.parent, column.field, column.place);
    ordered_json entry = {{"column", Described(column.parent, column.field)}};
    if (const auto place = column.place.ToString(); !place.empty()) entry["position"] = place;
    columns.push_back(std::move(entry));
  }
  result.metadata = storage::delta::WithColumnIds(
      std::move(result.metadata), storage::delta::PhysicalNames::kFresh, RandomOf(table));
  result.description.operation = "ADD COLUMNS";
  result.description.parameters["columns"] = JsonOf(columns.dump());
  return result;
}

TableChanged Apply(const Altering& table, const dialect::DropColumns& change) {
  TableChanged result{table.metadata(), {}, {}};
  ordered_json columns = ordered_json::array();
  for (const auto& column : change.columns) {
    if (change.if_exists && storage::FindField(result.metadata.schema, column) == nullptr) continue;
    const ColumnPath path = storage::Spelled(result.metadata.schema, column);
    RequireMapping(table, "DROP COLUMN");
    RefuseUsed(table, path, "dropped");
    RefuseClustering(table, path);
    const storage::Schema before = result.metadata.schema;
    result.metadata = storage::DropColumn(std::move(result.metadata), path);
    FollowColumn(before, path, std::nullopt, result.metadata);
    columns.push_back(PathText(path));
  }
  result.description.operation = "DROP COLUMNS";
  result.description.parameters["columns"] = JsonOf(columns.dump());
  return result;
}

TableChanged Apply(const Altering& table, const dialect::RenameColumn& change) {
  const ColumnPath path = storage::Spelled(table.metadata().schema, change.column);
  RequireMapping(table, "RENAME COLUMN");
  RefuseUsed(table, path, "renamed");
  TableChanged result{storage::RenameColumn(table.metadata(), path, change.name), {}, {}};
  FollowColumn(table.metadata().schema, path, change.name, result.metadata);
  ColumnPath renamed = path;
  renamed.back() = change.name;
  result.description.operation = "RENAME COLUMN";
  result.description.parameters["oldColumnPath"] = JsonOf(PathText(path));
  result.description.parameters["newColumnPath"] = JsonOf(PathText(renamed));
  return result;
}

TableChanged Apply(const Altering& table, const dialect::ChangeColumn& change) {
  const ColumnPath path = storage::Spelled(table.metadata().schema, change.column);
  TableChanged result{table.metadata(), {}, {}};
  auto& next = result.metadata;
  if (change.type) next = Retyped(table, std::move(next), path, change.type);
  if (change.comment) next = storage::CommentColumn(std::move(next), path, *change.comment);
  if (change.nullable) next = Nullable(table, std::move(next), path, *change.nullable);
  if (change.set_default || change.drop_default)
    next = Default(table, std::move(next), path, change);
  next = storage::MoveColumn(std::move(next), path, change.place);
  const ColumnPath parent(path.begin(), path.end() - 1);
  result.description.operation = "CHANGE COLUMN";
  result.description.parameters["column"] =
      JsonOf(Described(parent, *storage::FindField(next.schema, path)).dump());
  if (const auto place = change.place.ToString(); !place.empty()) {
    result.description.parameters["position"] = JsonOf(place);
  }
  return result;
}

}  // namespace lakehouse::query::duckdb
