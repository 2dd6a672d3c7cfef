#include "query/engines/duckdb/commands/create_statement.h"

#include <nlohmann/json.hpp>

#include "query/engines/duckdb/commands/command.h"
#include "storage/delta/commit/clustering_columns.h"
#include "storage/delta/log/table_properties.h"
#include "storage/field_keys.h"
#include "storage/schema_change.h"

namespace lakehouse::query::duckdb {
namespace {

std::string Quoted(const std::string& text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += c;
    out += c;
  }
  return out + quote;
}

std::string Text(const storage::Field& field, const char* key) {
  const auto found = field.metadata.find(key);
  if (found == field.metadata.end()) return {};
  const auto json = nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  return json.is_string() ? json.get<std::string>() : json.dump();
}

std::string Names(const std::vector<storage::ColumnPath>& columns) {
  std::string text;
  for (const auto& column : columns) {
    if (!text.empty()) text += ", ";
    for (size_t i = 0; i < column.size(); ++i) text += (i > 0 ? "." : "") + Quoted(column[i], '`');
  }
  return text;
}

std::string ColumnClause(const storage::Field& field) {
  std::string sql = Quoted(field.name, '`') + " " + field.type->ToString();
  if (const std::string value = ValueClause(field); !value.empty()) sql += " " + value;
  if (!field.nullable) sql += " NOT NULL";
  const std::string comment = CommentOf(field);
  if (!comment.empty()) sql += " COMMENT " + Quoted(comment, '\'');
  return sql;
}

std::string PropertiesClause(const storage::TableMetadata& metadata) {
  std::string properties;
  for (const auto& [key, value] : metadata.properties) {
    if (storage::delta::IsInternalProperty(key) || key.starts_with(storage::kConstraintPrefix)) {
      continue;
    }
    properties +=
        (properties.empty() ? "" : ", ") + Quoted(key, '\'') + " = " + Quoted(value, '\'');
  }
  return properties.empty() ? "" : "\nTBLPROPERTIES (" + properties + ")";
}

}  // namespace

std::string ValueClause(const storage::Field& field) {
  if (const auto text = Text(field, storage::kDefaultKey); !text.empty()) return "DEFAULT " + text;
  if (const auto text = Text(field, storage::kGenerationKey); !text.empty()) {
    return "GENERATED ALWAYS AS (" + text + ")";
  }
  const std::string step = Text(field, storage::kIdentityStepKey);
  if (step.empty()) return {};
  const bool by_default = Text(field, storage::kIdentityExplicitKey) == "true";
  return std::string("GENERATED ") + (by_default ? "BY DEFAULT" : "ALWAYS") +
         " AS IDENTITY (START WITH " + Text(field, storage::kIdentityStartKey) + " INCREMENT BY " +
         step + ")";
}

std::map<std::string, std::string> ConstraintsOf(const storage::TableMetadata& metadata) {
  std::map<std::string, std::string> constraints;
  const std::string prefix = storage::kConstraintPrefix;
  for (const auto& [key, text] : metadata.properties) {
    if (key.starts_with(prefix)) constraints[key.substr(prefix.size())] = text;
  }
  return constraints;
}

std::string CreateStatementOf(const catalog::ResolvedObject& object) {
  const auto snapshot = object.table->Latest();
  const auto& metadata = snapshot->metadata();
  std::string lines;
  for (const auto& field : metadata.schema.fields) {
    lines += (lines.empty() ? "  " : ",\n  ") + ColumnClause(field);
  }
  for (const auto& [name, text] : ConstraintsOf(metadata)) {
    lines += ",\n  CONSTRAINT " + Quoted(name, '`') + " CHECK (" + text + ")";
  }
  std::string sql =
      "CREATE TABLE " + object.info.name.ToString() + " (\n" + lines + "\n)\nUSING DELTA";
  std::vector<storage::ColumnPath> partition;
  for (const auto& name : metadata.partition_columns) partition.push_back({name});
  if (!partition.empty()) sql += "\nPARTITIONED BY (" + Names(partition) + ")";
  const auto clustering = storage::delta::ClusteringColumns(*snapshot);
  if (clustering && !clustering->empty()) sql += "\nCLUSTER BY (" + Names(*clustering) + ")";
  if (!metadata.description.empty()) sql += "\nCOMMENT " + Quoted(metadata.description, '\'');
  return sql + PropertiesClause(metadata);
}

}  // namespace lakehouse::query::duckdb
