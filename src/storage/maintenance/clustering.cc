#include "storage/maintenance/clustering.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "base/error.h"

namespace lakehouse::storage::maintenance {
namespace {

[[noreturn]] void ThrowDomain(const std::string& text) {
  throw Error(ErrorKind::kCorruption, "LK-3003",
              "the clustering of the table is no list of its columns: " + text,
              "The log is damaged, or a newer form of it is used.");
}

/// The path by logical names of one that has physical names.
ColumnPath LogicalPath(const Snapshot& snapshot, const ColumnPath& physical,
                       const std::string& text) {
  const std::vector<Field>* fields = &snapshot.schema().fields;
  ColumnPath logical;
  for (const std::string& part : physical) {
    const auto found = std::find_if(fields->begin(), fields->end(), [&](const Field& field) {
      return PhysicalName(field, snapshot.column_mapping()) == part;
    });
    if (found == fields->end()) ThrowDomain(text);
    logical.push_back(found->name);
    fields = &found->type->fields();
  }
  return logical;
}

std::string Dotted(const ColumnPath& path) {
  std::string text;
  for (const std::string& part : path) text += (text.empty() ? "" : ".") + part;
  return text;
}

/// What a file says about its cube.
struct Cube {
  std::string id;  ///< empty: in none
  std::string columns;
};

Cube CubeOf(const FileClustering& file) {
  const auto id = file.tags.find(kCubeIdTag);
  if (id == file.tags.end()) return {};
  const auto columns = file.tags.find(kCubeColumnsTag);
  return {id->second, columns == file.tags.end() ? "" : columns->second};
}

/// Fills groups of about `bytes`; files that are in no cube come first, then cube after cube.
std::vector<FileGroup> Fill(const Snapshot& snapshot, const std::vector<size_t>& files,
                            int64_t bytes) {
  std::vector<FileGroup> groups;
  for (const size_t file : files) {
    const int64_t size = snapshot.file(file).size_bytes;
    if (groups.empty() || groups.back().bytes >= bytes) groups.emplace_back();
    groups.back().files.push_back(file);
    groups.back().bytes += size;
  }
  return groups;
}

/// Is the whole group one cube of the current columns?
bool IsOneCube(const std::map<size_t, Cube>& cubes, const FileGroup& group,
               const std::string& columns) {
  const Cube& first = cubes.at(group.files.front());
  return !first.id.empty() && first.columns == columns &&
         std::all_of(group.files.begin(), group.files.end(),
                     [&](size_t file) { return cubes.at(file).id == first.id; });
}

void Count(const Snapshot& snapshot, const std::map<size_t, Cube>& cubes, ClusteringPlan& plan) {
  std::set<std::string> ids;
  for (const FileGroup& group : plan.groups) {
    for (const size_t file : group.files) {
      const Cube& cube = cubes.at(file);
      const int64_t bytes = snapshot.file(file).size_bytes;
      (cube.id.empty() ? plan.other_files : plan.cube_files) += 1;
      (cube.id.empty() ? plan.other_bytes : plan.cube_bytes) += bytes;
      if (!cube.id.empty()) ids.insert(cube.id);
    }
  }
  plan.cubes = static_cast<int64_t>(ids.size());
}

/// Leaves in the order in which statistics count them: true when `column` is the one at hand.
bool CountLeaves(const Field& field, ColumnPath& path, const ColumnPath& column, int64_t& budget) {
  path.push_back(field.name);
  bool found = false;
  if (field.type->id() == TypeId::kStruct) {
    for (const Field& child : field.type->fields()) {
      found = CountLeaves(child, path, column, budget);
      if (found) break;
    }
  } else {
    found = path == column && !field.type->is_nested();
    if (!found) --budget;
  }
  path.pop_back();
  return found;
}

/// Is `column`, or a struct around it, in a list such as "a, b.c, `d e`"?
bool IsListed(const std::string& list, const ColumnPath& column) {
  std::string wanted;
  std::set<std::string> prefixes;
  for (const std::string& part : column) {
    wanted += (wanted.empty() ? "" : ".") + part;
    prefixes.insert(wanted);
  }
  std::string name;
  const auto taken = [&] {
    const bool listed = prefixes.contains(name);
    name.clear();
    return listed;
  };
  for (const char c : list) {
    if (c == ',' && taken()) return true;
    if (c != ',' && c != '`' && (c != ' ' || !name.empty())) name += c;
  }
  return taken();
}

}  // namespace

std::optional<std::vector<ColumnPath>> ClusteringColumns(const Snapshot& snapshot) {
  const auto found = snapshot.domains().find(kClusteringDomain);
  if (found == snapshot.domains().end()) return std::nullopt;
  const std::string& text = found->second;
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("clusteringColumns")) ThrowDomain(text);
  const auto& list = json["clusteringColumns"];
  if (!list.is_array()) ThrowDomain(text);
  std::vector<ColumnPath> columns;
  for (const auto& item : list) {
    ColumnPath physical;
    if (item.is_string()) physical = {item.get<std::string>()};
    if (item.is_array()) {
      for (const auto& part : item) {
        if (!part.is_string()) ThrowDomain(text);
        physical.push_back(part.get<std::string>());
      }
    }
    if (physical.empty()) ThrowDomain(text);
    columns.push_back(LogicalPath(snapshot, physical, text));
  }
  return columns;
}

std::string CubeColumnsText(const std::vector<ColumnPath>& columns) {
  auto list = nlohmann::json::array();
  for (const ColumnPath& column : columns) list.push_back(Dotted(column));
  return list.dump();
}

ClusteringPlan PlanClustering(const Snapshot& snapshot, const std::vector<size_t>& candidates,
                              const std::vector<ColumnPath>& columns, const FileClusteringOf& of,
                              const ClusteringRules& rules) {
  const std::string current = CubeColumnsText(columns);
  std::map<size_t, Cube> cubes;
  std::map<std::string, int64_t> cube_bytes;
  for (const size_t file : candidates) {
    const FileClustering clustering = of(file);
    const bool ours = clustering.provider.empty() || clustering.provider == kClusteringProvider;
    if (!ours && !rules.full) continue;
    Cube cube = CubeOf(clustering);
    if (!cube.id.empty() && cube.columns != current && !rules.full) continue;
    if (!cube.id.empty()) cube_bytes[cube.id] += snapshot.file(file).size_bytes;
    cubes.emplace(file, std::move(cube));
  }
  std::vector<size_t> files;
  for (const auto& [file, cube] : cubes) {
    const bool complete = !cube.id.empty() && cube.columns == current &&
                          cube_bytes[cube.id] >= kMinCubeFiles * rules.target_bytes;
    if (!complete) files.push_back(file);
  }
  std::sort(files.begin(), files.end(), [&](size_t a, size_t b) {
    return std::tie(cubes[a].id, a) < std::tie(cubes[b].id, b);
  });
  ClusteringPlan plan;
  plan.groups = Fill(snapshot, files, kTargetCubeFiles * rules.target_bytes);
  std::erase_if(plan.groups,
                [&](const FileGroup& group) { return IsOneCube(cubes, group, current); });
  Count(snapshot, cubes, plan);
  return plan;
}

bool HasStatistics(const TableMetadata& metadata, const ColumnPath& column) {
  int64_t budget = 32;
  const auto& properties = metadata.properties;
  const auto listed = properties.find("delta.dataSkippingStatsColumns");
  if (listed != properties.end()) {
    budget = IsListed(listed->second, column) ? INT64_MAX : 0;
  } else if (const auto count = properties.find("delta.dataSkippingNumIndexedCols");
             count != properties.end()) {
    budget = std::strtoll(count->second.c_str(), nullptr, 10);
    if (budget < 0) budget = INT64_MAX;
  }
  for (const Field& field : metadata.schema.fields) {
    const auto& parts = metadata.partition_columns;
    if (std::find(parts.begin(), parts.end(), field.name) != parts.end()) continue;
    ColumnPath path;
    if (CountLeaves(field, path, column, budget)) return budget > 0;
  }
  return false;
}

}  // namespace lakehouse::storage::maintenance
