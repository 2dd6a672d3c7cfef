#include "storage/delta/commit/delta_transaction.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "storage/delta/commit/clustering.h"
#include "storage/delta/commit/metadata_changes.h"
#include "storage/delta/commit/row_tracking.h"
#include "storage/delta/log/log_properties.h"
#include "storage/delta/log/protocol.h"
#include "storage/delta/log/stats_json.h"

namespace lakehouse::storage::delta {

AddFilePtr ToAddFile(const NewFile& file, const TableMetadata& metadata, ColumnMapping mapping) {
  auto add = std::make_shared<AddFile>();
  add->path = file.path;
  add->size_bytes = file.size_bytes;
  add->modified_ms = file.modified_ms;
  add->tags = file.tags;
  add->clustering_provider = file.clustering_provider;
  add->base_row_id = file.base_row_id;
  add->default_row_commit_version = file.default_row_commit_version;
  if (file.path.empty() || file.partition_values.size() != metadata.partition_columns.size()) {
    throw Error(ErrorKind::kInvalidArgument, "LK-3022",
                "the data file '" + file.path + "' has " +
                    std::to_string(file.partition_values.size()) + " partition values, the table " +
                    std::to_string(metadata.partition_columns.size()) + " partition columns");
  }
  for (size_t i = 0; i < file.partition_values.size(); ++i) {
    const Field& field =
        metadata.schema.fields[*metadata.schema.IndexOf(metadata.partition_columns[i])];
    const std::string text = ToPartitionText(file.partition_values[i], *field.type);
    add->partition_values[PhysicalName(field, mapping)] =
        text.empty() ? std::nullopt : std::optional(text);
  }
  add->stats = WriteStats(file.stats, metadata.schema, mapping);
  return add;
}

DeltaTransaction::DeltaTransaction(Log log, StorageContext context,
                                   std::shared_ptr<const DeltaSnapshot> base,
                                   std::function<void(int64_t)> committed, CommitGroup* group)
    : log_(std::move(log)),
      context_(context),
      base_(base),
      snapshot_(std::move(base)),
      committed_(std::move(committed)),
      group_(group) {
  LAKE_CHECK(base_ != nullptr);
  CheckWritable(base_->protocol(), base_->metadata());
  ours_.base = snapshot_;
  ground_ = GroundOf(*snapshot_);
}

/// A log with one file twice is broken for every reader, so this is checked before it is written.
void DeltaTransaction::CheckNew(const std::string& path, bool may_replace) {
  const std::string key(KeyOf(path));
  const auto change = ours_.changes.find(key);
  const bool removed = change != ours_.changes.end();
  const bool free =
      removed ? may_replace && change->second.rows.empty() : !snapshot_->state().HasDataFile(key);
  if (free && added_.insert(key).second) return;
  throw Error(ErrorKind::kInvalidArgument, "LK-3022",
              "the file " + path + " is part of " + log_.table().uri() + " already");
}

void DeltaTransaction::AddFile(NewFile file) {
  const TableMetadata& metadata = ours_.NewMetadata();
  AddFilePtr add = ToAddFile(file, metadata, ColumnMappingOf(ours_.NewProtocol(), metadata));
  CheckNew(add->path, false);
  ours_.adds.push_back(std::move(add));
}

void DeltaTransaction::AddExisting(const Snapshot& from, size_t index, const std::string& path) {
  const auto* source = dynamic_cast<const DeltaSnapshot*>(&from);
  LAKE_CHECK(source != nullptr);
  auto add = std::make_shared<delta::AddFile>(source->add(index));
  add->path = path;
  TakenFile taken;
  if (add->deletion_vector) {
    if (!HasDeletionVectors(ours_.NewProtocol())) {
      throw Error(ErrorKind::kUnsupported, "LK-3020",
                  "the file " + path + " has deleted rows, and the table at " + log_.table().uri() +
                      " lacks the feature deletionVectors",
                  "Set delta.enableDeletionVectors to true.");
    }
    // The vector of another table is found from its root: its rows are written anew.
    if (source->table().uri() != log_.table().uri()) {
      taken.rows = *source->DeletedRows(index);
      add->deletion_vector = nullptr;
    }
  }
  CheckNew(path, true);
  taken.file = std::move(add);
  ours_.taken.push_back(std::move(taken));
}

void DeltaTransaction::AddChangeFile(NewFile file) {
  const TableMetadata& metadata = ours_.NewMetadata();
  const AddFilePtr add = ToAddFile(file, metadata, ColumnMappingOf(ours_.NewProtocol(), metadata));
  ours_.change_files.push_back({add->path, add->size_bytes, add->partition_values});
}

void DeltaTransaction::CheckMayRemove() const {
  // Rows that only move stay; MarkRearranged may come later, so Commit looks again.
  if (!IsAppendOnly(base_->metadata()) || ours_.rearranged) return;
  throw Error(ErrorKind::kPermissionDenied, "LK-3021",
              "the table at " + log_.table().uri() + " is append-only",
              "Its property delta.appendOnly is true.");
}

void DeltaTransaction::RemoveFile(size_t index) {
  CheckMayRemove();
  const AddFilePtr file = snapshot_->shared_add(index);
  FileChange change;
  change.file = file;
  if (!ours_.changes.emplace(KeyOf(file->path), std::move(change)).second) {
    throw Error(ErrorKind::kInvalidArgument, "LK-3022",
                "the file " + file->path + " is changed twice");
  }
}

void DeltaTransaction::RemoveAllFiles() {
  ours_.read_all = true;
  ours_.replaces_all = true;
  for (size_t i = 0; i < base_->file_count(); ++i) {
    const PathText path = snapshot_->row(i).path();
    if (ours_.changes.count(KeyOf(path.view())) == 0) RemoveFile(i);
  }
}

void DeltaTransaction::DeleteRows(size_t index, RowSet rows) {
  CheckMayRemove();
  if (rows.empty()) return;
  const AddFilePtr file = snapshot_->shared_add(index);
  const int64_t records = base_->file(index).num_records;
  if (!AllowsDeletionVectors(*base_) || records < 0) {
    throw Error(ErrorKind::kUnsupported, "LK-3020",
                "rows cannot be taken out of the file " + file->path +
                    (records < 0 ? ": its record count is not known"
                                 : " without the feature deletionVectors"),
                "Set delta.enableDeletionVectors to true, or replace the file.");
  }
  const auto deleted = base_->DeletedRows(index);
  RowSet beyond = rows;
  beyond.Subtract(RowSet().Complement(static_cast<uint64_t>(records)));
  const auto known = ours_.changes.find(KeyOf(file->path));
  const bool changed = known != ours_.changes.end();
  const bool twice =
      (deleted && deleted->Intersects(rows)) ||
      (changed && (known->second.rows.empty() || known->second.rows.Intersects(rows)));
  if (twice || !beyond.empty()) {
    throw Error(ErrorKind::kInvalidArgument, "LK-3022",
                twice ? "rows of the file " + file->path + " are deleted twice"
                      : "the file " + file->path + " has only " + std::to_string(records) +
                            " rows to delete");
  }
  if (changed) {
    known->second.rows.Unite(rows);
    return;
  }
  ours_.changes.emplace(KeyOf(file->path), FileChange{file, std::move(rows), nullptr});
}

void DeltaTransaction::MarkRead(MayMatch may_match, bool only_to_choose) {
  ours_.reads.push_back({std::move(may_match), only_to_choose});
}

void DeltaTransaction::MarkMoved(const std::vector<size_t>& sources,
                                 const std::vector<std::string>& targets) {
  MovedRows moved;
  for (const size_t index : sources) {
    const DeletionVectorPtr& vector = snapshot_->add(index).deletion_vector;
    const FileEntry file = base_->file(index);
    if (file.num_records < 0) return;
    moved.sources.push_back({snapshot_->add(index).path, vector ? vector->UniqueId() : "",
                             file.num_records - file.deleted_records});
  }
  for (const std::string& path : targets) {
    const auto added = std::find_if(ours_.adds.begin(), ours_.adds.end(),
                                    [&](const AddFilePtr& add) { return add->path == path; });
    LAKE_CHECK(added != ours_.adds.end());
    moved.targets.push_back({path, ParseRecordCount((*added)->stats)});
  }
  ours_.moves.push_back(std::move(moved));
}

void DeltaTransaction::SetMetadata(TableMetadata metadata) {
  Protocol protocol = ours_.NewProtocol();
  PrepareMetadata(*context_.random, &base_->metadata(), metadata, protocol);
  if (protocol != ours_.NewProtocol()) ours_.protocol = std::move(protocol);
  ours_.metadata = std::move(metadata);
}

void DeltaTransaction::DropFeature(const std::string& feature, bool guard_history) {
  Protocol next = WithoutFeature(ours_.NewProtocol(), feature);
  if (guard_history) {
    next = WithFeature(next, "checkpointProtection");
    ours_.guards_history = true;
    TableMetadata metadata = ours_.NewMetadata();
    metadata.properties[kCheckpointProtectionProperty] = std::to_string(base_->version() + 1);
    ours_.metadata = std::move(metadata);
  }
  ours_.protocol = std::move(next);
  const auto rows = base_->domains().find(kRowTrackingDomain);
  if (ours_.drops_row_ids() && rows != base_->domains().end()) {
    ours_.domains.push_back({kRowTrackingDomain, rows->second, true});
  }
}

void DeltaTransaction::SetAppTransaction(const std::string& app_id, int64_t version) {
  const auto known = base_->transactions().find(app_id);
  if (known != base_->transactions().end() && known->second.version >= version) done_ = true;
  std::erase_if(ours_.transactions, [&](const auto& txn) { return txn.app_id == app_id; });
  ours_.transactions.push_back({app_id, {version, context_.clock->NowMs()}});
}

void DeltaTransaction::NeedDomains() {
  if (HasDomainMetadata(ours_.NewProtocol())) return;
  if (!MadeByUs()) {
    throw Error(ErrorKind::kUnsupported, "LK-3020",
                "the table at " + log_.table().uri() + " lacks the feature domainMetadata",
                "Another engine made the table and some engines cannot write tables with it, so it "
                "is not added unasked.");
  }
  ours_.protocol = WithFeature(ours_.NewProtocol(), "domainMetadata");
}

void DeltaTransaction::SetDomain(const std::string& domain, const std::string& configuration) {
  if (domain == kClusteringDomain) {
    CheckClustering(configuration, ours_.NewMetadata(), ours_.NewProtocol());
    Protocol next = WithFeature(ours_.NewProtocol(), "clustering");
    if (next != ours_.NewProtocol()) ours_.protocol = std::move(next);
  } else {
    CheckUserDomain(domain);
    NeedDomains();
  }
  std::erase_if(ours_.domains, [&](const auto& other) { return other.domain == domain; });
  ours_.domains.push_back({domain, configuration, false});
}

void DeltaTransaction::RemoveDomain(const std::string& domain) {
  if (domain != kClusteringDomain) CheckUserDomain(domain);
  std::erase_if(ours_.domains, [&](const auto& other) { return other.domain == domain; });
  const auto there = base_->domains().find(domain);
  if (there != base_->domains().end()) ours_.domains.push_back({domain, there->second, true});
}

bool DeltaTransaction::MadeByUs() const {
  return base_->metadata().properties.count("lakehouse.createdBy") > 0;
}

}  // namespace lakehouse::storage::delta
