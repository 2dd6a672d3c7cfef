#include "storage/delta/commit/clustering_columns.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "storage/schema_change.h"

namespace lakehouse::storage::delta {
namespace {

using Json = nlohmann::json;

constexpr char kColumns[] = "clusteringColumns";

[[noreturn]] void ThrowDamaged(const std::string& why) {
  throw Error(ErrorKind::kCorruption, "LK-3003",
              "the domain delta.clustering of the table is damaged: " + why);
}

ColumnPath PathOf(const Json& column) {
  if (column.is_string()) return {column.get<std::string>()};
  if (!column.is_array() || column.empty()) ThrowDamaged("a column that is no path");
  ColumnPath path;
  for (const Json& part : column) {
    if (!part.is_string()) ThrowDamaged("a column that is no path");
    path.push_back(part.get<std::string>());
  }
  return path;
}

[[noreturn]] void Refuse(const std::string& why, const std::string& hint = {}) {
  throw Error(ErrorKind::kInvalidArgument, "LK-4068", why, hint);
}

bool HasOrder(TypeId id) {
  return id != TypeId::kBoolean && id != TypeId::kBinary && id != TypeId::kVoid &&
         id != TypeId::kVariant && id < TypeId::kStruct;
}

}  // namespace

std::optional<std::vector<ColumnPath>> ClusteringColumns(const Snapshot& snapshot) {
  const auto found = snapshot.domains().find(kClusteringDomain);
  if (found == snapshot.domains().end()) return std::nullopt;
  const Json domain = Json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  if (!domain.is_object()) ThrowDamaged("no object");
  std::vector<ColumnPath> columns;
  if (!domain.contains(kColumns)) return columns;
  if (!domain[kColumns].is_array()) ThrowDamaged("no list of columns");
  for (const Json& column : domain[kColumns]) {
    const auto path = LogicalPath(snapshot.schema(), PathOf(column), snapshot.column_mapping());
    if (!path) ThrowDamaged("it names a column that is not there");
    columns.push_back(*path);
  }
  return columns;
}

std::string ClusteringConfiguration(const Schema& schema, const std::vector<ColumnPath>& columns,
                                    ColumnMapping mapping) {
  Json list = Json::array();
  for (const ColumnPath& column : columns) list.push_back(PhysicalPath(schema, column, mapping));
  nlohmann::ordered_json domain = {{kColumns, list}, {"domainName", kClusteringDomain}};
  return domain.dump();
}

std::vector<ColumnPath> CheckClustering(const TableMetadata& metadata,
                                        const std::vector<ColumnPath>& columns) {
  if (!metadata.partition_columns.empty()) {
    Refuse("a table with partition columns cannot be clustered",
           "Use PARTITIONED BY or CLUSTER BY, not both.");
  }
  if (columns.size() > kMaxClusteringColumns) {
    Refuse("a table can be clustered by at most " + std::to_string(kMaxClusteringColumns) +
           " columns");
  }
  std::vector<ColumnPath> checked;
  for (const ColumnPath& column : columns) {
    ColumnPath path = Spelled(metadata.schema, column);
    if (std::find(checked.begin(), checked.end(), path) != checked.end()) {
      Refuse("the column " + PathText(path) + " is named twice in CLUSTER BY");
    }
    for (ColumnPath outer = path; outer.size() > 1;) {
      outer.pop_back();
      if (FindField(metadata.schema, outer)->type->id() == TypeId::kStruct) continue;
      Refuse("a table cannot be clustered by " + PathText(path) +
             ", which many values of a row have");
    }
    const DataType& type = *FindField(metadata.schema, path)->type;
    if (!HasOrder(type.id())) {
      Refuse("a table cannot be clustered by " + PathText(path) + " of type " + type.ToString(),
             "Choose numbers, texts, dates or timestamps.");
    }
    checked.push_back(std::move(path));
  }
  return checked;
}

}  // namespace lakehouse::storage::delta
