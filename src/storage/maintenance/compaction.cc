#include "storage/maintenance/compaction.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace lakehouse::storage::maintenance {
namespace {

/// Bytes of the rows that are left, as far as known.
int64_t LiveBytes(const FileEntry& file) {
  if (file.num_records <= 0 || file.deleted_records == 0) return file.size_bytes;
  const double share =
      static_cast<double>(file.live_records()) / static_cast<double>(file.num_records);
  return static_cast<int64_t>(static_cast<double>(file.size_bytes) * share);
}

std::string PartitionKey(const Snapshot& snapshot, size_t file) {
  std::string key;
  const auto& columns = snapshot.metadata().partition_columns;
  for (size_t column = 0; column < columns.size(); ++column) {
    const Value value = snapshot.partition_value(file, column);
    const size_t position = snapshot.schema().IndexOf(columns[column]).value();
    const std::string text =
        value.is_null() ? "" : ToPartitionText(value, *snapshot.schema().fields[position].type);
    // Lengths keep ("a", "bc") and ("ab", "c") apart.
    key += (value.is_null() ? "-" : std::to_string(text.size())) + ":" + text;
  }
  return key;
}

/// Next-fit bins of one partition's files.
void FillBins(const Snapshot& snapshot, std::vector<size_t> files, const CompactionRules& rules,
              std::vector<FileGroup>& plan) {
  std::sort(files.begin(), files.end(), [&](size_t a, size_t b) {
    return std::pair(LiveBytes(snapshot.file(a)), a) < std::pair(LiveBytes(snapshot.file(b)), b);
  });
  FileGroup bin;
  bool worn = false;
  const auto close = [&] {
    if (bin.files.size() > 1 || worn) plan.push_back(std::move(bin));
    bin = {};
    worn = false;
  };
  for (const size_t index : files) {
    const FileEntry file = snapshot.file(index);
    const int64_t bytes = LiveBytes(file);
    if (!bin.files.empty() && bin.bytes + bytes > rules.target_bytes) close();
    bin.files.push_back(index);
    bin.bytes += bytes;
    worn |= IsWorn(file, rules.max_deleted_share);
  }
  close();
}

}  // namespace

std::vector<FileGroup> GroupByPartition(const Snapshot& snapshot,
                                        const std::vector<size_t>& candidates) {
  std::map<std::string, FileGroup> groups;
  for (const size_t file : candidates) {
    FileGroup& group = groups[PartitionKey(snapshot, file)];
    group.files.push_back(file);
    group.bytes += LiveBytes(snapshot.file(file));
  }
  std::vector<FileGroup> ordered;
  for (auto& [key, group] : groups) ordered.push_back(std::move(group));
  return ordered;
}

bool IsWorn(const FileEntry& file, double max_deleted_share) {
  if (file.deleted_records == 0) return false;
  if (file.num_records <= 0) return true;
  const double share =
      static_cast<double>(file.deleted_records) / static_cast<double>(file.num_records);
  return share > max_deleted_share;
}

std::vector<FileGroup> PlanCompaction(const Snapshot& snapshot,
                                      const std::vector<size_t>& candidates,
                                      const CompactionRules& rules) {
  std::vector<size_t> chosen;
  for (const size_t index : candidates) {
    const FileEntry file = snapshot.file(index);
    const bool small = file.size_bytes < rules.target_bytes;
    if (small || IsWorn(file, rules.max_deleted_share)) chosen.push_back(index);
  }
  std::vector<FileGroup> plan;
  for (FileGroup& partition : GroupByPartition(snapshot, chosen)) {
    FillBins(snapshot, std::move(partition.files), rules, plan);
  }
  return plan;
}

}  // namespace lakehouse::storage::maintenance
