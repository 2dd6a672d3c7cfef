#include "query/engines/duckdb/commands/new_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "storage/delta/commit/clustering_columns.h"
#include "storage/delta/log/column_ids.h"
#include "storage/delta/log/table_properties.h"
#include "storage/field_keys.h"
#include "storage/mapping_keys.h"
#include "storage/schema_change.h"

namespace lakehouse::query::duckdb {
namespace {

using storage::Field;

[[noreturn]] void RefuseIdentity(const Field& field, const std::string& why) {
  throw Error(ErrorKind::kInvalidArgument, "LK-4067",
              "the identity column " + field.name + " " + why);
}

void CheckIdentities(const storage::CreateTableOptions& options) {
  storage::ForEachField(options.schema, [&](const storage::ColumnPath& path, const Field& field) {
    const auto step = field.metadata.find(storage::kIdentityStepKey);
    if (step == field.metadata.end()) return;
    if (path.size() > 1) RefuseIdentity(field, "is part of another column");
    if (field.type->id() != storage::TypeId::kLong) {
      RefuseIdentity(field, "has the type " + field.type->ToString() + ", and BIGINT is needed");
    }
    if (step->second == "0") RefuseIdentity(field, "cannot have INCREMENT BY 0");
    for (const auto& column : options.partition_columns) {
      if (catalog::FoldCase(column) == catalog::FoldCase(field.name)) {
        RefuseIdentity(field, "cannot be a partition column");
      }
    }
  });
}

std::string ConstraintKey(const std::string& name) {
  return storage::kConstraintPrefix + catalog::FoldCase(name);
}

std::string JsonText(const nlohmann::ordered_json& json) {
  return nlohmann::json(json.dump()).dump();
}

}  // namespace

void CompleteNewTable(storage::CreateTableOptions& options, const ClusterColumns& cluster_by,
                      Random& random) {
  options.properties =
      storage::delta::CheckProperties(options.properties, storage::delta::PropertyUse::kCreate);
  storage::delta::ValidateColumns(options.schema, options.properties);
  CheckIdentities(options);
  storage::TableMetadata metadata;
  metadata.schema = std::move(options.schema);
  metadata.partition_columns =
      storage::CheckPartitionColumns(metadata.schema, options.partition_columns);
  metadata.properties = std::move(options.properties);
  metadata = storage::delta::WithColumnIds(std::move(metadata),
                                           storage::delta::PhysicalNames::kFresh, random);
  if (cluster_by) {
    const auto columns = storage::delta::CheckClustering(metadata, *cluster_by);
    options.domains[storage::delta::kClusteringDomain] = storage::delta::ClusteringConfiguration(
        metadata.schema, columns, storage::delta::MappingOf(metadata));
  }
  options.schema = std::move(metadata.schema);
  options.partition_columns = std::move(metadata.partition_columns);
  options.properties = std::move(metadata.properties);
}

void AddRules(const CommandContext& context, const std::vector<dialect::Rule>& rules,
              const std::string& table, const storage::Schema& schema,
              std::map<std::string, std::string>& properties) {
  int unnamed = 0;
  for (const dialect::Rule& rule : rules) {
    const auto used = context.engine.CheckRule(rule, schema);
    if (rule.kind == dialect::Rule::kGenerated) {
      for (const auto& column : used) {
        const Field* field = storage::FindField(schema, {column[0]});
        if (field == nullptr || field->metadata.count(storage::kGenerationKey) == 0) continue;
        throw Error(ErrorKind::kInvalidArgument, "LK-4066",
                    "the expression at " + rule.place + " uses the generated column " + column[0],
                    "Generated columns are made of columns that are not generated.");
      }
    }
    if (rule.kind != dialect::Rule::kCheck) continue;
    std::string name = rule.name;
    if (name.empty()) name = table + "_chk_" + std::to_string(++unnamed);
    if (!properties.emplace(ConstraintKey(name), rule.text).second) {
      throw Error(ErrorKind::kAlreadyExists, "LK-4063",
                  "there are two constraints called " + name + " (at " + rule.place + ")",
                  "Give one of them another name.");
    }
  }
}

storage::TableMetadata Replacement(const storage::TableMetadata& before,
                                   storage::TableMetadata next, Random& random) {
  next.properties.erase(storage::kMaxColumnIdKey);
  for (const auto& [key, value] : before.properties) {
    if (!key.starts_with(storage::kConstraintPrefix)) next.properties.emplace(key, value);
  }
  next.schema = storage::delta::WithoutColumnIds(next.schema);
  return storage::delta::WithColumnIds(std::move(next), storage::delta::PhysicalNames::kFresh,
                                       random);
}

void SetClustering(storage::Transaction& transaction, const storage::TableMetadata& next,
                   const ClusterColumns& cluster_by) {
  const auto& domains = transaction.base()->domains();
  if (!cluster_by && domains.count(storage::delta::kClusteringDomain) == 0) return;
  transaction.SetDomain(storage::delta::kClusteringDomain,
                        storage::delta::ClusteringConfiguration(
                            next.schema, cluster_by.value_or(std::vector<storage::ColumnPath>{}),
                            storage::delta::MappingOf(next)));
}

std::map<std::string, std::string> DomainsOfReplacement(const storage::Snapshot& before,
                                                        const storage::TableMetadata& next,
                                                        std::map<std::string, std::string> wanted) {
  const bool mapped = storage::delta::MappingOf(next) != storage::ColumnMapping::kNone;
  if (mapped && wanted.count(storage::delta::kClusteringDomain) > 0) {
    throw Error(ErrorKind::kUnsupported, "LK-4012",
                "CLUSTER BY in a CREATE OR REPLACE ... AS of a table whose columns are mapped",
                "Replace it without, then use ALTER TABLE ... CLUSTER BY.");
  }
  if (before.domains().count(storage::delta::kClusteringDomain) > 0) {
    wanted.emplace(
        storage::delta::kClusteringDomain,
        storage::delta::ClusteringConfiguration(next.schema, {}, storage::ColumnMapping::kNone));
  }
  return wanted;
}

std::map<std::string, std::string> CreationParameters(const storage::CreateTableOptions& options,
                                                      const ClusterColumns& cluster_by,
                                                      bool managed) {
  nlohmann::ordered_json partitions = options.partition_columns;
  nlohmann::ordered_json clusters = nlohmann::ordered_json::array();
  if (cluster_by) {
    for (const auto& column : *cluster_by) {
      clusters.push_back(storage::PathText(column));
    }
  }
  std::map<std::string, std::string> parameters;
  parameters["isManaged"] = managed ? "\"true\"" : "\"false\"";
  parameters["description"] =
      options.comment.empty() ? "null" : nlohmann::json(options.comment).dump();
  parameters["partitionBy"] = JsonText(partitions);
  parameters["clusterBy"] = JsonText(clusters);
  parameters["properties"] = JsonText(options.properties);
  return parameters;
}

}  // namespace lakehouse::query::duckdb
