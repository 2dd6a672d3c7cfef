#include "storage/delta/commit/pending.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "storage/delta/commit/row_tracking.h"
#include "storage/delta/log/features.h"
#include "storage/delta/log/log_properties.h"
#include "storage/delta/log/protocol.h"
#include "storage/delta/log/stats_json.h"
#include "storage/field_keys.h"

namespace lakehouse::storage::delta {
namespace {

/// The file with other deleted rows, whose bounds are not those of rows that are left then.
std::shared_ptr<AddFile> WithVector(const AddFile& file, const DeletionVectorPtr& vector) {
  auto add = std::make_shared<AddFile>(file);
  add->deletion_vector = vector;
  const int64_t records = ParseRecordCount(file.stats);
  add->stats =
      WithWideBounds(file.stats)
          .value_or("{\"numRecords\":" + std::to_string(records) + ",\"tightBounds\":false}");
  return add;
}

void PutChanges(const Pending& ours, int64_t now_ms, Actions& actions) {
  for (const auto& [key, change] : ours.changes) {
    const AddFilePtr& file = change.file;
    actions.removes.push_back({file->path, now_ms, !ours.rearranged, file->deletion_vector, file});
    if (!change.vector) continue;
    auto add = WithVector(*file, change.vector);
    add->data_change = !ours.rearranged;
    actions.adds.push_back(std::move(add));
  }
}

void PutNewFiles(const Pending& ours, Actions& actions) {
  const auto put = [&](const AddFilePtr& file) {
    const auto lost = ours.lost.find(KeyOf(file->path));
    if (lost != ours.lost.end() && lost->second.all) return;
    auto add = lost == ours.lost.end() ? std::make_shared<AddFile>(*file)
                                       : WithVector(*file, lost->second.vector);
    add->data_change = !ours.rearranged;
    actions.adds.push_back(std::move(add));
  };
  for (const AddFilePtr& file : ours.adds) put(file);
  for (const TakenFile& taken : ours.taken) put(taken.file);
}

/// When rows begin to be tracked every file must have ids: those without are written once more.
void PutFilesWithoutIds(const Pending& ours, Actions& actions) {
  for (size_t i = 0; i < ours.base->file_count(); ++i) {
    auto add = std::make_shared<AddFile>(ours.base->add(i));
    if (add->base_row_id || ours.changes.count(KeyOf(add->path)) > 0) continue;
    add->data_change = false;
    actions.adds.push_back(std::move(add));
  }
}

/// When rows cease to be tracked every file is written once more, without ids.
void PutFilesWithIds(const Pending& ours, Actions& actions) {
  for (size_t i = 0; i < ours.base->file_count(); ++i) {
    const AddFile& file = ours.base->add(i);
    const bool numbered = file.base_row_id || file.default_row_commit_version;
    if (!numbered || ours.changes.count(KeyOf(file.path)) > 0) continue;
    auto add = std::make_shared<AddFile>(file);
    add->data_change = false;
    add->base_row_id = add->default_row_commit_version = std::nullopt;
    actions.adds.push_back(std::move(add));
  }
}

void SetInCommitTimestamp(const Ground& ground, int64_t now_ms, Actions& actions) {
  const Protocol& protocol = actions.protocol ? *actions.protocol : ground.protocol;
  const TableMetadata& metadata = actions.metadata ? *actions.metadata : ground.metadata;
  if (!HasInCommitTimestamps(protocol, metadata)) return;
  const int64_t time = std::max(now_ms, ground.timestamp_ms + 1);
  actions.in_commit_timestamp = time;
  actions.info->timestamp_ms = time;
  const bool first =
      ground.version >= 0 && !HasInCommitTimestamps(ground.protocol, ground.metadata);
  if (!first) return;
  if (!actions.metadata) actions.metadata = ground.metadata;
  auto& properties = actions.metadata->properties;
  properties["delta.inCommitTimestampEnablementVersion"] = std::to_string(ground.version + 1);
  properties["delta.inCommitTimestampEnablementTimestamp"] = std::to_string(time);
}

void EraseIdentityMarks(std::vector<Field>& fields) {
  for (Field& field : fields) field.metadata.erase(kIdentityMarkKey);
}

}  // namespace

bool DiffersInIdentityMarks(const TableMetadata& a, const TableMetadata& b) {
  TableMetadata left = a, right = b;
  EraseIdentityMarks(left.schema.fields);
  EraseIdentityMarks(right.schema.fields);
  return left == right;
}

bool Pending::changes_metadata() const {
  return metadata && !DiffersInIdentityMarks(*metadata, base->metadata());
}

bool Pending::tracks_rows_anew() const {
  return metadata && TracksRows(NewProtocol(), NewMetadata()) &&
         !TracksRows(base->protocol(), base->metadata());
}

bool Pending::drops_row_ids() const {
  return protocol && base && Supports(base->protocol(), "rowTracking") &&
         !Supports(*protocol, "rowTracking");
}

bool Pending::blind_append() const {
  return !reads_rows() && !changes_metadata() && !protocol && changes.empty() &&
         (!adds.empty() || !taken.empty());
}

IsolationLevel Pending::Level() const {
  if (!changes_rows()) return IsolationLevel::kSnapshot;
  if (isolation) return *isolation;
  return Property(NewMetadata(), "delta.isolationLevel") == "Serializable"
             ? IsolationLevel::kSerializable
             : IsolationLevel::kWriteSerializable;
}

Ground GroundOf(const DeltaSnapshot& snapshot) {
  return {snapshot.version(), snapshot.timestamp_ms(), snapshot.protocol(), snapshot.metadata(),
          RowIdMarkOf(snapshot.domains())};
}

Actions Assemble(const Pending& ours, const Ground& ground, HistoryEntry info, int64_t now_ms) {
  Actions actions;
  info.timestamp_ms = now_ms;
  actions.info = std::move(info);
  actions.protocol = ours.protocol;
  actions.metadata = ours.metadata;
  if (ours.guards_history) {  // up to the version that the commit becomes
    if (!actions.metadata) actions.metadata = ground.metadata;
    const std::string version = std::to_string(ground.version + 1);
    actions.metadata->properties[kCheckpointProtectionProperty] = version;
  }
  actions.transactions = ours.transactions;
  actions.domains = ours.domains;
  actions.changes = ours.change_files;
  PutChanges(ours, now_ms, actions);
  PutNewFiles(ours, actions);
  if (ours.drops_row_ids()) PutFilesWithIds(ours, actions);
  const Protocol& protocol = actions.protocol ? *actions.protocol : ground.protocol;
  const TableMetadata& metadata = actions.metadata ? *actions.metadata : ground.metadata;
  if (AssignsRowIds(protocol, metadata)) {
    if (ours.base && ours.tracks_rows_anew()) PutFilesWithoutIds(ours, actions);
    AssignRowIds(ground.row_id_mark, ground.version + 1, actions);
  }
  SetInCommitTimestamp(ground, now_ms, actions);
  return actions;
}

}  // namespace lakehouse::storage::delta
