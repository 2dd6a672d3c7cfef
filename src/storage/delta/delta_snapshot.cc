#include "storage/delta/delta_snapshot.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "storage/delta/protocol.h"
#include "storage/delta/stats_json.h"

namespace lakehouse::storage::delta {
void DeltaSnapshot::State::Apply(const Actions& actions, int64_t commit_version,
                                 int64_t commit_timestamp_ms, ActionSource source) {
  version = commit_version;
  // Time travel needs timestamps that never go back; file times may.
  timestamp_ms = std::max(commit_timestamp_ms, timestamp_ms + (timestamp_ms > 0 ? 1 : 0));
  if (actions.protocol) protocol = actions.protocol;
  if (actions.metadata) metadata = actions.metadata;
  for (const RemoveFile& remove : actions.removes) {
    std::string key = FileKey(remove.path, remove.deletion_vector);
    files.erase(key);
    tombstones.insert_or_assign(std::move(key), remove);
  }
  for (const AddFilePtr& add : actions.adds) ApplyAdd(add, source);
  for (const SetTransaction& txn : actions.transactions) transactions[txn.app_id] = txn.state;
  for (const SetDomain& domain : actions.domains) {
    if (domain.removed) {
      domains.erase(domain.domain);
    } else {
      domains[domain.domain] = domain.configuration;
    }
  }
}

void DeltaSnapshot::State::ApplyAdd(const AddFilePtr& add, ActionSource source) {
  std::string key = FileKey(add->path, add->deletion_vector);
  if (!tombstones.empty()) tombstones.erase(key);
  const std::string_view data_file = KeyOf(add->path);
  const auto there = files.lower_bound(data_file);
  if (there == files.end() || DataFileOf(there->first) != data_file) {
    files.emplace_hint(there, std::move(key), add);
    return;
  }
  // In a commit the same logical file again brings new statistics or tags.
  if (there->first != key || source == ActionSource::kCheckpoint) {
    throw Error(ErrorKind::kCorruption, "LK-3003",
                "version " + std::to_string(version) + " adds the file " + add->path +
                    ", which is there already",
                "The log is damaged; read an older version of the table.");
  }
  there->second = add;
}

bool DeltaSnapshot::State::HasDataFile(std::string_view path) const {
  const auto found = files.lower_bound(KeyOf(path));
  return found != files.end() && DataFileOf(found->first) == KeyOf(path);
}

namespace {

/// `state`, which has protocol and metadata that we can read.
std::shared_ptr<const DeltaSnapshot::State> Readable(
    std::shared_ptr<const DeltaSnapshot::State> state) {
  if (!state->protocol || !state->metadata) {
    throw Error(ErrorKind::kCorruption, "LK-3003",
                std::string("version ") + std::to_string(state->version) + " of the table has no " +
                    (state->protocol ? "metadata" : "protocol"),
                "The log lacks its first commits or a checkpoint.");
  }
  CheckReadable(*state->protocol, *state->metadata);
  return state;
}

}  // namespace

DeltaSnapshot::DeltaSnapshot(std::shared_ptr<const State> state, io::Location table,
                             StorageContext context)
    : state_(Readable(std::move(state))),
      table_(std::move(table)),
      context_(context),
      mapping_(ColumnMappingOf(*state_->protocol, *state_->metadata)) {
  for (const std::string& column : metadata().partition_columns) {
    const auto position = schema().IndexOf(column);
    if (!position) {
      throw Error(ErrorKind::kCorruption, "LK-3003",
                  "the table is partitioned by " + column + ", which is no column of its schema");
    }
    const Field& field = schema().fields[*position];
    partition_names_.push_back(PhysicalName(field, mapping_));
    partition_types_.push_back(field.type);
  }
  files_.reserve(state_->files.size());
  const bool has_vectors = HasDeletionVectors(protocol());
  for (const auto& [path, add] : state_->files) {
    if (add->deletion_vector && !has_vectors) {
      throw Error(ErrorKind::kCorruption, "LK-3003",
                  "the file " + add->path +
                      " has a deletion vector, and the table lacks the feature deletionVectors");
    }
    files_.push_back(add);
  }
}

FileEntry DeltaSnapshot::file(size_t index) const {
  const AddFile& add = *files_[index];
  return {add.path, add.size_bytes, add.modified_ms,
          add.stats.empty() ? -1 : ParseRecordCount(add.stats),
          add.deletion_vector ? add.deletion_vector->cardinality : 0};
}

Value DeltaSnapshot::partition_value(size_t index, size_t column) const {
  const auto& values = files_[index]->partition_values;
  const auto found = values.find(partition_names_[column]);
  if (found == values.end() || !found->second) return {};
  return FromPartitionText(*found->second, *partition_types_[column], context_.partition_time_zone);
}

std::shared_ptr<const RowSet> DeltaSnapshot::DeletedRows(size_t index) const {
  const AddFile& add = *files_[index];
  if (!add.deletion_vector) return nullptr;
  try {
    return std::make_shared<const RowSet>(
        ReadDeletionVector(*add.deletion_vector, table_, context_));
  } catch (const Error& error) {
    throw error.Within(add.path);
  }
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
  ColumnPath physical;
  const DataType* type = FindLeaf(metadata().schema, mapping_, column, physical);
  for (size_t i = 0; type != nullptr && i < files_.size(); ++i) {
    if (part != parts.end()) {
      const Value value = partition_value(i, static_cast<size_t>(part - parts.begin()));
      bounds->min[i] = bounds->max[i] = value;
      const int64_t rows = file(i).num_records;
      bounds->null_count[i] = value.is_null() ? rows : 0;
    } else if (!files_[i]->stats.empty()) {
      LeafStats leaf = ParseLeaf(files_[i]->stats, physical, *type);
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
    const int64_t records = file(i).live_records();
    if (records < 0) return std::nullopt;
    rows += records;
  }
  return rows;
}

}  // namespace lakehouse::storage::delta
