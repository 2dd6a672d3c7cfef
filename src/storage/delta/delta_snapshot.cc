#include "storage/delta/delta_snapshot.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "storage/delta/protocol.h"
#include "storage/delta/stats_json.h"

namespace lakehouse::storage::delta {
namespace {

const DataType* LeafType(const Schema& schema, const ColumnPath& path) {
  const std::vector<Field>* fields = &schema.fields;
  const DataType* type = nullptr;
  for (const std::string& name : path) {
    const auto found = std::find_if(fields->begin(), fields->end(),
                                    [&](const Field& field) { return field.name == name; });
    if (found == fields->end()) return nullptr;
    type = found->type.get();
    fields = &type->fields();
  }
  return type;
}

}  // namespace

void DeltaSnapshot::State::Apply(const Actions& actions, int64_t commit_version,
                                 int64_t commit_timestamp_ms) {
  version = commit_version;
  // Time travel needs timestamps that never go back; file times may.
  timestamp_ms = std::max(commit_timestamp_ms, timestamp_ms + (timestamp_ms > 0 ? 1 : 0));
  if (actions.protocol) protocol = actions.protocol;
  if (actions.metadata) metadata = actions.metadata;
  for (const RemoveFile& remove : actions.removes) {
    const std::string key(KeyOf(remove.path));
    files.erase(key);
    tombstones[key] = remove;
  }
  for (const AddFilePtr& add : actions.adds) {
    const std::string key(KeyOf(add->path));
    files[key] = add;
    tombstones.erase(key);
  }
  for (const SetTransaction& txn : actions.transactions) transactions[txn.app_id] = txn.state;
  for (const SetDomain& domain : actions.domains) {
    if (domain.removed) {
      domains.erase(domain.domain);
    } else {
      domains[domain.domain] = domain.configuration;
    }
  }
}

DeltaSnapshot::DeltaSnapshot(std::shared_ptr<const State> state) : state_(std::move(state)) {
  if (!state_->protocol || !state_->metadata) {
    throw Error(ErrorKind::kCorruption, "LK-3003",
                std::string("version ") + std::to_string(state_->version) +
                    " of the table has no " + (state_->protocol ? "metadata" : "protocol"),
                "The log lacks its first commits or a checkpoint.");
  }
  CheckReadable(*state_->protocol, *state_->metadata);
  for (const std::string& column : metadata().partition_columns) {
    if (!schema().IndexOf(column)) {
      throw Error(ErrorKind::kCorruption, "LK-3003",
                  "the table is partitioned by " + column + ", which is no column of its schema");
    }
  }
  files_.reserve(state_->files.size());
  for (const auto& [path, add] : state_->files) {
    if (add->has_deletion_vector) {
      throw Error(ErrorKind::kUnsupported, "LK-3002",
                  "the file " + add->path + " needs the feature deletionVectors for reading",
                  "This version does not have it; use an engine that does.");
    }
    files_.push_back(add);
  }
}

FileEntry DeltaSnapshot::file(size_t index) const {
  const AddFile& add = *files_[index];
  return {add.path, add.size_bytes, add.modified_ms,
          add.stats.empty() ? -1 : ParseRecordCount(add.stats)};
}

Value DeltaSnapshot::partition_value(size_t index, size_t column) const {
  const std::string& name = metadata().partition_columns[column];
  const auto& values = files_[index]->partition_values;
  const auto found = values.find(name);
  const auto position = metadata().schema.IndexOf(name);
  LAKE_CHECK(position.has_value());
  if (found == values.end() || !found->second) return {};
  return FromPartitionText(*found->second, *metadata().schema.fields[*position].type);
}

std::shared_ptr<const ColumnBounds> DeltaSnapshot::Bounds(const ColumnPath& column) const {
  const std::lock_guard lock(mutex_);
  auto& slot = bounds_[column];
  if (!slot) slot = LoadBounds(column);
  return slot;
}

std::shared_ptr<const ColumnBounds> DeltaSnapshot::LoadBounds(const ColumnPath& column) const {
  auto bounds = std::make_shared<ColumnBounds>();
  bounds->min.resize(files_.size());
  bounds->max.resize(files_.size());
  bounds->null_count.assign(files_.size(), -1);
  const auto& parts = metadata().partition_columns;
  const auto part =
      column.size() == 1 ? std::find(parts.begin(), parts.end(), column[0]) : parts.end();
  const DataType* type = LeafType(metadata().schema, column);
  for (size_t i = 0; type != nullptr && i < files_.size(); ++i) {
    if (part != parts.end()) {
      const Value value = partition_value(i, static_cast<size_t>(part - parts.begin()));
      bounds->min[i] = bounds->max[i] = value;
      const int64_t rows = file(i).num_records;
      bounds->null_count[i] = value.is_null() ? rows : 0;
    } else if (!files_[i]->stats.empty()) {
      LeafStats leaf = ParseLeaf(files_[i]->stats, column, *type);
      bounds->min[i] = std::move(leaf.min);
      bounds->max[i] = std::move(leaf.max);
      bounds->null_count[i] = leaf.null_count;
    }
  }
  return bounds;
}

int64_t DeltaSnapshot::total_bytes() const {
  int64_t bytes = 0;
  for (const AddFilePtr& add : files_) bytes += add->size_bytes;
  return bytes;
}

std::optional<int64_t> DeltaSnapshot::total_records() const {
  int64_t rows = 0;
  for (size_t i = 0; i < files_.size(); ++i) {
    const int64_t records = file(i).num_records;
    if (records < 0) return std::nullopt;
    rows += records;
  }
  return rows;
}

}  // namespace lakehouse::storage::delta
