#include "storage/delta/snapshot/delta_snapshot.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "storage/delta/log/protocol.h"
#include "storage/delta/log/stats_json.h"
#include "storage/delta/snapshot/packed_leaf.h"
#include "storage/parallel.h"

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

[[noreturn]] void ThrowTwice(int64_t version, const FileRow& add) {
  throw Error(ErrorKind::kCorruption, "LK-3003",
              "version " + std::to_string(version) + " adds the file " +
                  std::string(add.path().view()) + ", which is there already",
              "The log is damaged; read an older version of the table.");
}

[[noreturn]] void ThrowTwiceInCommit(int64_t version, const FileRow& add) {
  throw Error(ErrorKind::kCorruption, "LK-3003",
              "version " + std::to_string(version) + " adds the file " +
                  std::string(add.path().view()) + " twice",
              "The log is damaged; restore the file from a backup.");
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
  files.Tidy();
  for (const RemoveFile& remove : actions.removes) ApplyRemove(remove);
  std::vector<BlockRange> ranges = BlocksOf(actions.adds);
  ranges.insert(ranges.end(), actions.blocks.begin(), actions.blocks.end());
  if (source == ActionSource::kCheckpoint && files.empty()) {
    TakeAll(ranges);
  } else {
    ApplyAdds(ranges, source == ActionSource::kCommit);
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

void DeltaSnapshot::State::ApplyRemove(const RemoveFile& remove) {
  if (const auto found = Find(remove.path, remove.deletion_vector)) {
    Count(*found, -1);
    files.Erase(KeyOf(remove.path));
  }
  auto gone = std::make_shared<Tombstone>();
  gone->key = FileKey(remove.path, remove.deletion_vector);
  gone->remove = remove;
  const std::string_view key = gone->key;
  tombstones.Put(key, std::move(gone));
}

void DeltaSnapshot::State::ApplyAdds(const std::vector<BlockRange>& ranges, bool one_commit) {
  std::optional<FileSet::Place> commit;  // the place of its first file
  for (const BlockRange& range : ranges) {
    const FileSet::Place first = files.Hold(range);
    if (one_commit && !commit) commit = first;
    for (uint32_t i = 0; i < range.end - range.begin; ++i) {
      ApplyAdd({first.block, first.row + i}, commit);
    }
  }
}

void DeltaSnapshot::State::ApplyAdd(const FileSet::Place& place,
                                    const std::optional<FileSet::Place>& commit) {
  const FileRow add = files.Held(place);
  const PathText path = add.path();
  if (!tombstones.empty()) tombstones.Erase(FileKey(path.view(), add.deletion_vector()));
  if (const auto found = files.Put(KeyOf(path.view()), place)) {
    if (commit && *found >= *commit) ThrowTwiceInCommit(version, add);
    const FileRow there = files.Held(*found);
    // The same logical file again brings new statistics or tags.
    if (!SameVector(there.deletion_vector(), add.deletion_vector())) ThrowTwice(version, add);
    Count(there, -1);
  }
  Count(add, 1);
}

void DeltaSnapshot::State::TakeAll(const std::vector<BlockRange>& ranges) {
  for (const BlockRange& range : ranges) {
    for (uint32_t row = range.begin; row < range.end; ++row) {
      const FileRow add{range.block.get(), row};
      if (!tombstones.empty()) {
        tombstones.Erase(FileKey(add.path().view(), add.deletion_vector()));
      }
      Count(add, 1);
    }
  }
  if (files.TakeAll(ranges)) return;
  throw Error(ErrorKind::kCorruption, "LK-3003",
              "the checkpoint of version " + std::to_string(version) + " has a file twice",
              "The log is damaged; read an older version of the table.");
}

std::optional<FileRow> DeltaSnapshot::State::Find(std::string_view path,
                                                  const DeletionVectorPtr& vector) const {
  auto found = files.Find(KeyOf(path));
  if (found && !SameVector(found->deletion_vector(), vector)) found.reset();
  return found;
}

void DeltaSnapshot::State::Count(const FileRow& file, int sign) {
  const int64_t records = file.records();
  AddTimes(sign, file.size_bytes(), totals.bytes);
  AddTimes(sign, std::max<int64_t>(records, 0), totals.records);
  totals.uncounted_files += records < 0 ? sign : 0;
  if (!file.deletion_vector()) return;
  totals.deletion_vectors += sign;
  AddTimes(sign, file.deletion_vector()->cardinality, totals.deleted_records);
}

bool DeltaSnapshot::State::HasDataFile(std::string_view path) const {
  return files.Find(KeyOf(path)).has_value();
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
  for (const FileRow& add : state_->files) {
    if (!add.deletion_vector()) continue;
    throw Error(ErrorKind::kCorruption, "LK-3003",
                "the file " + std::string(add.path().view()) +
                    " has a deletion vector, and the table lacks the feature deletionVectors");
  }
}

FileEntry DeltaSnapshot::file(size_t index) const {
  const FileRow file = row(index);
  const DeletionVectorPtr& vector = file.deletion_vector();
  return {std::string(file.path().view()), file.size_bytes(), file.modified_ms(), file.records(),
          vector ? vector->cardinality : 0};
}

Value DeltaSnapshot::partition_value(size_t index, size_t column) const {
  const PartitionValues& values = row(index).partition_values();
  const auto found = values.find(partition_names_[column]);
  if (found == values.end() || !found->second) return {};
  return FromPartitionText(*found->second, *partition_types_[column], context_.partition_time_zone);
}

std::shared_ptr<const RowSet> DeltaSnapshot::DeletedRows(size_t index) const {
  const FileRow file = row(index);
  const DeletionVectorPtr& vector = file.deletion_vector();
  if (!vector) return nullptr;
  try {
    return std::make_shared<const RowSet>(ReadDeletionVector(*vector, table_, context_));
  } catch (const Error& error) {
    throw error.Within(std::string(file.path().view()));
  }
}

std::shared_ptr<const ColumnBounds> DeltaSnapshot::Bounds(const ColumnPath& column) const {
  const std::lock_guard lock(mutex_);
  auto& slot = bounds_[column];
  if (!slot) slot = LoadBounds(column);
  return slot;
}

std::shared_ptr<const ColumnBounds> DeltaSnapshot::LoadBounds(const ColumnPath& column) const {
  auto bounds = std::make_shared<ColumnBounds>(file_count());
  const auto& parts = metadata().partition_columns;
  const auto part =
      column.size() == 1 ? std::find(parts.begin(), parts.end(), column[0]) : parts.end();
  ColumnPath physical;
  const DataType* type = FindLeaf(metadata().schema, mapping_, column, physical);
  if (type == nullptr) return bounds;
  if (part != parts.end()) {
    LoadPartition(static_cast<size_t>(part - parts.begin()), *bounds);
  } else {
    LoadLeaf(physical, *type, *bounds);
  }
  return bounds;
}

void DeltaSnapshot::LoadPartition(size_t part, ColumnBounds& bounds) const {
  for (const auto& [block, files] : state_->files.ByBlock()) {
    // Files of a block share their values: each is read once.
    std::unordered_map<const PartitionValues*, Value> read;
    for (size_t row = 0; row < files.size(); ++row) {
      if (files[row] == FileSet::BlockFiles::kGone) continue;
      const auto [known, is_new] = read.try_emplace(&block->partition_values(row));
      if (is_new) known->second = partition_value(files[row], part);
      const Value& value = known->second;
      bounds.Set(files[row], value, value, value.is_null() ? block->records(row) : 0);
    }
  }
}

void DeltaSnapshot::LoadLeaf(const ColumnPath& physical, const DataType& type,
                             ColumnBounds& bounds) const {
  constexpr uint32_t kGone = FileSet::BlockFiles::kGone;
  const std::vector<FileSet::BlockFiles> blocks = state_->files.ByBlock();
  if (!PackedLeaf::HasNumbers(type)) {
    for (const auto& [block, files] : blocks) {
      PackedLeaf(block->stats(), physical, type).Fill(files, kGone, bounds);
    }
    return;
  }
  const PackedLeaf::NumberBounds numbers(bounds);
  // Blocks have about as many files each, so that each thread takes some of them at a time.
  constexpr size_t kThreads = 2, kTaken = 64;
  ForEachInParallel((blocks.size() + kTaken - 1) / kTaken, kThreads, [&](size_t lot) {
    const size_t end = std::min(blocks.size(), (lot + 1) * kTaken);
    for (size_t i = lot * kTaken; i < end; ++i) {
      const auto& [block, files] = blocks[i];
      PackedLeaf(block->stats(), physical, type).Fill(files, kGone, numbers);
    }
  });
}

int64_t DeltaSnapshot::total_bytes() const { return state_->totals.bytes; }

std::optional<int64_t> DeltaSnapshot::total_records() const {
  const auto& totals = state_->totals;
  if (totals.uncounted_files > 0) return std::nullopt;
  return totals.records - totals.deleted_records;
}

}  // namespace lakehouse::storage::delta
