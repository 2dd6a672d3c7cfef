#include "storage/delta/delta_snapshot.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "storage/delta/protocol.h"
#include "storage/delta/stats_json.h"

namespace lakehouse::storage::delta {
namespace {

bool SameVector(const DeletionVectorPtr& a, const DeletionVectorPtr& b) {
  if (!a || !b) return a == b;
  return a == b || a->UniqueId() == b->UniqueId();
}

/// A log may name any numbers: sums of absurd ones are absurd, and no error.
void AddTimes(int sign, int64_t number, int64_t& total) {
  total = static_cast<int64_t>(static_cast<uint64_t>(total) +
                               static_cast<uint64_t>(sign) * static_cast<uint64_t>(number));
}

[[noreturn]] void ThrowTwice(int64_t version, const AddFile& add) {
  throw Error(ErrorKind::kCorruption, "LK-3003",
              "version " + std::to_string(version) + " adds the file " + add.path +
                  ", which is there already",
              "The log is damaged; read an older version of the table.");
}

}  // namespace

void DeltaSnapshot::State::Apply(const Actions& actions, int64_t commit_version,
                                 int64_t commit_timestamp_ms, ActionSource source) {
  version = commit_version;
  transaction_id =
      source == ActionSource::kCommit && actions.info ? actions.info->transaction_id : "";
  // Time travel needs timestamps that never go back; file times may.
  timestamp_ms = std::max(commit_timestamp_ms, timestamp_ms + (timestamp_ms > 0 ? 1 : 0));
  if (actions.protocol) protocol = actions.protocol;
  if (actions.metadata) {
    metadata = actions.metadata;
    schema_text = actions.schema_text;
  }
  for (const RemoveFile& remove : actions.removes) {
    if (const AddFilePtr* found = Find(remove.path, remove.deletion_vector)) {
      Count(**found, -1);
      files.Erase(KeyOf(remove.path));
    }
    auto gone = std::make_shared<Tombstone>();
    gone->key = FileKey(remove.path, remove.deletion_vector);
    gone->remove = remove;
    tombstones.Put(std::move(gone));
  }
  if (source == ActionSource::kCheckpoint && files.empty()) {
    TakeAll(actions.adds);
  } else {
    for (const AddFilePtr& add : actions.adds) ApplyAdd(add);
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

void DeltaSnapshot::State::ApplyAdd(const AddFilePtr& add) {
  if (!tombstones.empty()) tombstones.Erase(FileKey(add->path, add->deletion_vector));
  if (const AddFilePtr* there = files.Find(KeyOf(add->path))) {
    // The same logical file again brings new statistics or tags.
    if (!SameVector((*there)->deletion_vector, add->deletion_vector)) ThrowTwice(version, *add);
    Count(**there, -1);
  }
  Count(*add, 1);
  files.Put(add);
}

void DeltaSnapshot::State::TakeAll(const std::vector<AddFilePtr>& adds) {
  for (const AddFilePtr& add : adds) {
    if (!tombstones.empty()) tombstones.Erase(FileKey(add->path, add->deletion_vector));
    Count(*add, 1);
  }
  auto ordered = decltype(files)::Of(adds);
  if (!ordered) {
    throw Error(ErrorKind::kCorruption, "LK-3003",
                "the checkpoint of version " + std::to_string(version) + " has a file twice",
                "The log is damaged; read an older version of the table.");
  }
  files = *std::move(ordered);
}

const AddFilePtr* DeltaSnapshot::State::Find(std::string_view path,
                                             const DeletionVectorPtr& vector) const {
  const AddFilePtr* found = files.Find(KeyOf(path));
  return found != nullptr && SameVector((*found)->deletion_vector, vector) ? found : nullptr;
}

void DeltaSnapshot::State::Count(const AddFile& add, int sign) {
  const int64_t records = add.stats.empty() ? -1 : ParseRecordCount(add.stats);
  AddTimes(sign, add.size_bytes, totals.bytes);
  AddTimes(sign, std::max<int64_t>(records, 0), totals.records);
  totals.uncounted_files += records < 0 ? sign : 0;
  if (!add.deletion_vector) return;
  totals.deletion_vectors += sign;
  AddTimes(sign, add.deletion_vector->cardinality, totals.deleted_records);
}

bool DeltaSnapshot::State::HasDataFile(std::string_view path) const {
  return files.Find(KeyOf(path)) != nullptr;
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
  if (state_->totals.deletion_vectors == 0 || HasDeletionVectors(protocol())) return;
  for (const AddFilePtr& add : state_->files) {
    if (!add->deletion_vector) continue;
    throw Error(ErrorKind::kCorruption, "LK-3003",
                "the file " + add->path +
                    " has a deletion vector, and the table lacks the feature deletionVectors");
  }
}

FileEntry DeltaSnapshot::file(size_t index) const {
  const AddFile& add = this->add(index);
  return {add.path, add.size_bytes, add.modified_ms,
          add.stats.empty() ? -1 : ParseRecordCount(add.stats),
          add.deletion_vector ? add.deletion_vector->cardinality : 0};
}

Value DeltaSnapshot::partition_value(size_t index, size_t column) const {
  const auto& values = add(index).partition_values;
  const auto found = values.find(partition_names_[column]);
  if (found == values.end() || !found->second) return {};
  return FromPartitionText(*found->second, *partition_types_[column], context_.partition_time_zone);
}

std::shared_ptr<const RowSet> DeltaSnapshot::DeletedRows(size_t index) const {
  const AddFile& add = this->add(index);
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
  bounds->min.resize(file_count());
  bounds->max.resize(file_count());
  bounds->null_count.assign(file_count(), -1);
  const auto& parts = metadata().partition_columns;
  const auto part =
      column.size() == 1 ? std::find(parts.begin(), parts.end(), column[0]) : parts.end();
  ColumnPath physical;
  const DataType* type = FindLeaf(metadata().schema, mapping_, column, physical);
  for (size_t i = 0; type != nullptr && i < file_count(); ++i) {
    if (part != parts.end()) {
      const Value value = partition_value(i, static_cast<size_t>(part - parts.begin()));
      bounds->min[i] = bounds->max[i] = value;
      const int64_t rows = file(i).num_records;
      bounds->null_count[i] = value.is_null() ? rows : 0;
    } else if (!add(i).stats.empty()) {
      LeafStats leaf = ParseLeaf(add(i).stats, physical, *type);
      bounds->min[i] = std::move(leaf.min);
      bounds->max[i] = std::move(leaf.max);
      bounds->null_count[i] = leaf.null_count;
    }
  }
  return bounds;
}

int64_t DeltaSnapshot::total_bytes() const { return state_->totals.bytes; }

std::optional<int64_t> DeltaSnapshot::total_records() const {
  const auto& totals = state_->totals;
  if (totals.uncounted_files > 0) return std::nullopt;
  return totals.records - totals.deleted_records;
}

}  // namespace lakehouse::storage::delta
