#include "storage/delta/commit/clustering.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/error.h"
#include "storage/delta/log/protocol.h"

namespace lakehouse::storage::delta {
namespace {

[[noreturn]] void ThrowClustering(const std::string& why) {
  throw Error(ErrorKind::kInvalidArgument, "LK-3031", "the table cannot be clustered: " + why,
              R"(The domain's text is {"clusteringColumns": [["name"], ...]}.)");
}

bool HasColumn(const Schema& schema, ColumnMapping mapping, const std::vector<std::string>& path) {
  const std::vector<Field>* fields = &schema.fields;
  for (const std::string& name : path) {
    const auto found = std::find_if(fields->begin(), fields->end(), [&](const Field& field) {
      return PhysicalName(field, mapping) == name;
    });
    if (found == fields->end()) return false;
    fields = &found->type->fields();
  }
  return !path.empty();
}

}  // namespace

void CheckClustering(const std::string& configuration, const TableMetadata& metadata,
                     const Protocol& protocol) {
  const auto json = nlohmann::json::parse(configuration, nullptr, /*allow_exceptions=*/false);
  const bool whole = json.is_object() && json.contains("clusteringColumns") &&
                     json["clusteringColumns"].is_array();
  if (!whole) ThrowClustering("its columns are not named: " + configuration);
  if (!metadata.partition_columns.empty() && !json["clusteringColumns"].empty()) {
    ThrowClustering("it is partitioned");
  }
  const ColumnMapping mapping = ColumnMappingOf(protocol, metadata);
  for (const auto& column : json["clusteringColumns"]) {
    std::vector<std::string> path;
    for (const auto& part : column.is_array() ? column : nlohmann::json::array({column})) {
      if (!part.is_string()) ThrowClustering("a column's name is no text");
      path.push_back(part.get<std::string>());
    }
    if (!HasColumn(metadata.schema, mapping, path)) {
      ThrowClustering("it has no column " + column.dump());
    }
  }
}

void CheckUserDomain(const std::string& domain) {
  if (!domain.starts_with("delta.")) return;
  throw Error(ErrorKind::kUnsupported, "LK-3020", "the domain " + domain + " is the protocol's own",
              "Choose a name that does not begin with delta.");
}

}  // namespace lakehouse::storage::delta
