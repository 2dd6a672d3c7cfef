#include "storage/delta/commit/conflict.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/plant.h"
#include "storage/delta/commit/moved_rows.h"
#include "storage/delta/commit/row_tracking.h"
#include "storage/delta/log/features.h"
#include "storage/delta/log/protocol.h"
#include "storage/delta/log/stats_json.h"
#include "storage/field_keys.h"
#include "storage/mapping_keys.h"

namespace lakehouse::storage::delta {
namespace {

bool SameVector(const DeletionVectorPtr& a, const DeletionVectorPtr& b) {
  return (a ? a->UniqueId() : "") == (b ? b->UniqueId() : "");
}

// -- Metadata that may change under us.

/// Properties that a winner may add or change while we write: they ask nothing of files that are
/// under way, or what they ask is done at each attempt.
bool MayAppear(const std::string& key, const std::string& value) {
  if (key == "delta.enableDeletionVectors" || key == "delta.enableInCommitTimestamps" ||
      key == "delta.enableRowTracking") {
    return value == "true";
  }
  if (key == "delta.checkpointPolicy") return value == "v2";
  if (key == kMappingModeKey) return value == "name";
  return key == "delta.inCommitTimestampEnablementVersion" ||
         key == "delta.inCommitTimestampEnablementTimestamp" ||
         key == "delta.rowTracking.materializedRowIdColumnName" ||
         key == "delta.rowTracking.materializedRowCommitVersionColumnName" ||
         key == kMaxColumnIdKey;
}

bool PropertiesMayChange(const TableMetadata& before, const TableMetadata& after) {
  const auto& old = before.properties;
  const bool kept = std::all_of(old.begin(), old.end(), [&](const auto& property) {
    return after.properties.count(property.first) > 0;
  });
  return kept &&
         std::all_of(after.properties.begin(), after.properties.end(), [&](const auto& now) {
           const auto found = old.find(now.first);
           return (found != old.end() && found->second == now.second) ||
                  MayAppear(now.first, now.second);
         });
}

std::vector<Field> WithoutMapping(std::vector<Field> fields);

DataTypePtr WithoutMapping(const DataTypePtr& type) {
  const std::vector<Field>& parts = type->fields();
  switch (type->id()) {
    case TypeId::kStruct:
      return DataType::Struct(WithoutMapping(parts));
    case TypeId::kArray:
      return DataType::Array(WithoutMapping(parts[0].type), parts[0].nullable);
    case TypeId::kMap:
      return DataType::Map(WithoutMapping(parts[0].type), WithoutMapping(parts[1].type),
                           parts[1].nullable);
    default:
      return type;
  }
}

std::vector<Field> WithoutMapping(std::vector<Field> fields) {
  for (Field& field : fields) {
    std::erase_if(field.metadata,
                  [](const auto& entry) { return entry.first.starts_with(kMappingPrefix); });
    field.type = WithoutMapping(field.type);
  }
  return fields;
}

/// Columns that get a mapping keep their names in files that were written without one.
bool SchemaMayChange(const TableMetadata& before, const TableMetadata& after) {
  if (before.schema == after.schema) return true;
  const std::string mode = Property(before, kMappingModeKey);
  const bool maps_anew =
      (mode.empty() || mode == "none") && Property(after, kMappingModeKey) == "name";
  return maps_anew && WithoutMapping(before.schema.fields) == WithoutMapping(after.schema.fields);
}

bool MayBeAdopted(const TableMetadata& before, const TableMetadata& after) {
  return before.id == after.id && before.name == after.name &&
         before.description == after.description &&
         before.partition_columns == after.partition_columns && SchemaMayChange(before, after) &&
         PropertiesMayChange(before, after);
}

// -- The checks, in their order.

class Check {
 public:
  Check(const Winner& winner, const StorageContext& context, Pending& ours, Ground& ground)
      : version_(winner.version),
        winner_(winner.actions),
        timestamp_ms_(winner.timestamp_ms),
        context_(context),
        ours_(ours),
        ground_(ground) {
    for (const RemoveFile& remove : winner_.removes) removes_[KeyOf(remove.path)] = &remove;
    for (const AddFilePtr& add : winner_.adds) adds_[KeyOf(add->path)] = add;
    if (!winner_.info) return;
    const auto moved = winner_.info->tags.find(kMovedTag);
    if (moved != winner_.info->tags.end()) moves_ = ParseMoves(moved->second);
  }

  std::string Run() {
    using Step = std::string (Check::*)();
    constexpr Step kSteps[] = {&Check::Protocols,       &Check::Metadata,     &Check::Domains,
                               &Check::DroppedFeatures, &Check::Applications, &Check::RowIds,
                               &Check::AddedFiles,      &Check::RemovedReads, &Check::ChangedFiles,
                               &Check::NewFiles};
    for (const Step step : kSteps) {
      if (std::string reason = (this->*step)(); !reason.empty()) {
        return reason + " (version " + std::to_string(version_) + ")";
      }
    }
    ground_.version = version_;
    ground_.timestamp_ms = std::max(timestamp_ms_, ground_.timestamp_ms);
    return {};
  }

 private:
  std::string Protocols();
  std::string Metadata();
  std::string Domains();
  std::string DroppedFeatures();
  std::string Applications();
  std::string RowIds();
  std::string AddedFiles();
  std::string RemovedReads();
  std::string ChangedFiles();
  std::string NewFiles();

  std::string BroughtBack() const;
  bool ConsidersAdds() const;
  bool BringsRows(const AddFile& add) const;
  std::string RebaseRows(const RemoveFile& remove, FileChange& change) const;
  bool AllowsVectors() const;
  DeletionVectorPtr VectorInBase(std::string_view key) const;
  bool LoseRows(const RemoveFile& remove, FileChange& change);
  std::string FollowRows(std::string_view key, const FileChange& change,
                         std::map<std::string, FileChange, std::less<>>& followed) const;
  SnapshotPtr SnapshotOf(const std::vector<AddFilePtr>& adds) const;
  /// The rows of a vector, or none.
  RowSet RowsOf(const DeletionVectorPtr& vector) const {
    return vector ? ReadDeletionVector(*vector, ours_.base->table(), context_) : RowSet();
  }

  const int64_t version_;
  const Actions& winner_;
  const int64_t timestamp_ms_;
  const StorageContext& context_;
  Pending& ours_;
  Ground& ground_;
  std::map<std::string_view, const RemoveFile*> removes_;  ///< of the winner, by KeyOf(path)
  std::map<std::string_view, AddFilePtr> adds_;            ///< of the winner, by KeyOf(path)
  std::vector<MovedRows> moves_;                           ///< of the winner
};

std::string Check::Protocols() {
  if (!winner_.protocol) return {};
  const Protocol& next = *winner_.protocol;
  if (ours_.protocol) {
    // Who drops a feature writes a protocol with fewer of them, which a later one cannot stand for.
    const bool drops = !Extends(ours_.base->protocol(), *ours_.protocol);
    if (drops || !Extends(*ours_.protocol, next)) {
      return "another writer changed the table's protocol, as we do";
    }
    ours_.protocol.reset();  // it is there now
  }
  if (!Extends(ground_.protocol, next)) return "another writer dropped a feature of the table";
  try {
    const TableMetadata& metadata = winner_.metadata ? *winner_.metadata : ground_.metadata;
    CheckReadable(next, metadata);
    CheckWritable(next, metadata);
  } catch (const Error& error) {
    return "another writer changed the table's protocol: " + error.message();
  }
  ground_.protocol = next;
  return {};
}

std::string Check::Metadata() {
  if (!winner_.metadata) return {};
  const TableMetadata& next = *winner_.metadata;
  if (ours_.metadata) return "another writer changed the table's metadata, as we do";
  if (!DiffersInIdentityMarks(ground_.metadata, next) && !MayBeAdopted(ground_.metadata, next)) {
    return "another writer changed the table's metadata";
  }
  ground_.metadata = next;
  return {};
}

std::string Check::Domains() {
  for (const SetDomain& theirs : winner_.domains) {
    if (theirs.domain == kRowTrackingDomain) {
      if (theirs.removed) continue;
      ground_.row_id_mark = std::max(ground_.row_id_mark, ParseRowIdMark(theirs.configuration));
      continue;
    }
    for (const SetDomain& mine : ours_.domains) {
      if (mine.domain == theirs.domain) return "another writer set domain " + mine.domain;
    }
  }
  return {};
}

/// A feature that we drop must not be in use again.
std::string Check::DroppedFeatures() {
  if (!ours_.protocol) return {};
  const auto drops = [&](const char* feature) {
    return Supports(ours_.base->protocol(), feature) && !Supports(*ours_.protocol, feature);
  };
  const auto set = [](const SetDomain& domain) { return !domain.removed; };
  const auto marked = [](const AddFilePtr& add) { return add->deletion_vector != nullptr; };
  const std::string of_ours = ", and we drop that feature";
  if (drops("rowTracking") && (!winner_.adds.empty() || !winner_.removes.empty())) {
    return "another writer changed files, whose row ids are dropped now";
  }
  if (drops("domainMetadata") && std::any_of(winner_.domains.begin(), winner_.domains.end(), set)) {
    return "another writer set a domain" + of_ours;
  }
  if (drops("deletionVectors") && std::any_of(winner_.adds.begin(), winner_.adds.end(), marked)) {
    return "another writer wrote deletion vectors" + of_ours;
  }
  return {};
}

std::string Check::Applications() {
  for (const SetTransaction& mine : ours_.transactions) {
    for (const SetTransaction& theirs : winner_.transactions) {
      if (mine.app_id == theirs.app_id) return "another writer advanced " + mine.app_id;
    }
  }
  return {};
}

/// New ids are given at each attempt; here is what they cannot mend.
std::string Check::RowIds() {
  if (ours_.tracks_rows_anew() && (!winner_.adds.empty() || !winner_.removes.empty())) {
    return "another writer changed files, which all get row ids now";
  }
  const bool anew = winner_.metadata && TracksRows(ground_.protocol, ground_.metadata) &&
                    !TracksRows(ours_.base->protocol(), ours_.base->metadata());
  if (anew && ours_.copies_rows() && !ours_.kept.row_ids) {
    return "another writer began to track rows, and we copy some";
  }
  return {};
}

/// Do rows that others added since our snapshot matter?
bool Check::ConsidersAdds() const {
  if (!ours_.reads_rows()) return false;
  if (ours_.changes_metadata()) return true;
  switch (ours_.Level()) {
    case IsolationLevel::kSerializable:
      return true;
    case IsolationLevel::kWriteSerializable:
      return !(winner_.info && winner_.info->is_blind_append);
    case IsolationLevel::kSnapshot:
      return false;
  }
  return true;
}

/// Are there rows in the file that were not in the table? Not when the winner only took rows away
/// from it, or wrote it once more with other statistics.
bool Check::BringsRows(const AddFile& add) const {
  if (!add.data_change) return false;
  const auto replaced = removes_.find(KeyOf(add.path));
  if (replaced == removes_.end()) {
    return !ours_.base->state().Find(add.path, add.deletion_vector);
  }
  RowSet back = RowsOf(replaced->second->deletion_vector);
  if (back.empty()) return false;
  back.Subtract(RowsOf(add.deletion_vector));
  return !back.empty();
}

SnapshotPtr Check::SnapshotOf(const std::vector<AddFilePtr>& adds) const {
  auto state = std::make_shared<DeltaSnapshot::State>();
  state->version = version_;
  state->protocol = ground_.protocol;
  state->metadata = ground_.metadata;
  for (const AddFilePtr& add : adds) state->files.Put(*add);
  return std::make_shared<DeltaSnapshot>(std::move(state), ours_.base->table(), context_);
}

std::string Check::AddedFiles() {
  if (!ConsidersAdds()) return {};
  std::vector<AddFilePtr> added;
  for (const AddFilePtr& add : winner_.adds) {
    if (BringsRows(*add)) added.push_back(add);
  }
  if (added.empty()) return {};
  const std::string reason = "another writer added rows that this change should have read";
  if (ours_.read_all) return reason;
  const SnapshotPtr files = SnapshotOf(added);
  for (const Pending::Read& read : ours_.reads) {
    for (size_t i = 0; i < files->file_count(); ++i) {
      if (read.may_match(*files, i)) return reason;
    }
  }
  return {};
}

std::string Check::RemovedReads() {
  if (!ours_.reads_rows() || ours_.Level() == IsolationLevel::kSnapshot) return {};
  const std::string reason = "another writer removed rows that this change has read";
  const DeltaSnapshot& base = *ours_.base;
  bool moved = false;
  std::map<std::string_view, const RemoveFile*> gone;
  for (const auto& [key, remove] : removes_) {
    // Which rows of a file that we change were read, its changes say: looked at below.
    if (!ours_.read_all && ours_.changes.count(key) > 0) continue;
    // A file that is only rearranged has lost no row; where its rows went nobody says.
    if (remove->data_change && (ours_.read_all || ours_.read_rows_moved)) return reason;
    gone.emplace(key, remove);
  }
  for (const Pending::Read& read : ours_.reads) {
    if (read.only_to_choose || gone.empty()) continue;
    for (size_t i = 0; i < base.file_count(); ++i) {
      const PathText path = base.row(i).path();
      const auto found = gone.find(KeyOf(path.view()));
      if (found == gone.end() || !read.may_match(base, i)) continue;
      if (found->second->data_change) return reason;
      moved = true;
    }
  }
  ours_.read_rows_moved = ours_.read_rows_moved || moved;
  return {};
}

bool Check::AllowsVectors() const {
  return HasDeletionVectors(ground_.protocol) &&
         IsOn(ground_.metadata, "delta.enableDeletionVectors");
}

DeletionVectorPtr Check::VectorInBase(std::string_view key) const {
  const auto file = ours_.base->state().files.Find(key);
  return file ? file->deletion_vector() : nullptr;
}

/// We moved the rows of a file of which another writer has deleted some, or all: they are deleted
/// where they are now. A change without a file is none any more. False when it is not known where
/// that is, or cannot be said.
bool Check::LoseRows(const RemoveFile& remove, FileChange& change) {
  if (!remove.data_change || !change.rows.empty() || !AllowsVectors()) return false;
  const std::string_view key = KeyOf(change.file->path);
  const auto moved = std::find_if(ours_.moves.begin(), ours_.moves.end(),
                                  [&](const MovedRows& one) { return one.IndexOf(key) >= 0; });
  const auto theirs = adds_.find(key);
  const bool same = SameVector(remove.deletion_vector, change.file->deletion_vector);
  const int64_t records = ParseRecordCount(change.file->stats);
  if (moved == ours_.moves.end() || !same || records < 0) return false;
  const RowSet before = RowsOf(change.file->deletion_vector);
  RowSet rows = theirs == adds_.end() ? RowSet().Complement(static_cast<uint64_t>(records))
                                      : RowsOf(theirs->second->deletion_vector);
  RowSet back = before;
  back.Subtract(rows);
  if (!back.empty()) return false;
  rows.Subtract(before);
  const auto index = static_cast<size_t>(moved->IndexOf(key));
  if (LAKE_PLANT("compaction.keep-lost-rows")) rows = RowSet();
  const RowSet gaps = LAKE_PLANT("compaction.ignore-gaps") ? RowSet() : RowsOf(VectorInBase(key));
  for (const auto& [path, places] : moved->Follow(index, rows, gaps)) {
    LostRows& lost = ours_.lost[std::string(KeyOf(path))];
    lost.rows.Unite(places);
    lost.all = lost.rows.size() == moved->RowsOf(path);
    lost.vector = nullptr;
  }
  change.file = theirs == adds_.end() ? nullptr : theirs->second;
  return true;
}

/// Another writer moved the rows of a file that we change: ours are changed where they are now.
std::string Check::FollowRows(std::string_view key, const FileChange& change,
                              std::map<std::string, FileChange, std::less<>>& followed) const {
  const std::string reason =
      "another writer rearranged the file " + change.file->path + ", which we change";
  const auto moved = std::find_if(moves_.begin(), moves_.end(),
                                  [&](const MovedRows& one) { return one.IndexOf(key) >= 0; });
  if (moved == moves_.end() || ours_.rearranged || !AllowsVectors()) return reason;
  const auto index = static_cast<size_t>(moved->IndexOf(key));
  // The vector that was heeded: the one that is there now, or the one that we began with.
  DeletionVectorPtr heeded = change.file->deletion_vector;
  const std::string& id = moved->sources[index].vector_id;
  if ((heeded ? heeded->UniqueId() : "") != id) heeded = VectorInBase(key);
  if ((heeded ? heeded->UniqueId() : "") != id) return reason;
  RowSet rows = change.rows;
  if (rows.empty()) {
    const int64_t records = ParseRecordCount(change.file->stats);
    if (records < 0) return reason;
    rows = RowsOf(change.file->deletion_vector).Complement(static_cast<uint64_t>(records));
  }
  for (auto& [path, places] : moved->Follow(index, rows, RowsOf(heeded))) {
    const auto target = adds_.find(KeyOf(path));
    if (target == adds_.end() || ParseRecordCount(target->second->stats) < 0) return reason;
    if (RowsOf(target->second->deletion_vector).Intersects(places)) {
      return "another writer changed the same rows of the file " + change.file->path;
    }
    FileChange& there = followed[std::string(KeyOf(path))];
    there.file = target->second;
    there.rows.Unite(places);
  }
  return {};
}

/// Both sides take rows of one file away: the rows must be others, then ours go away beside
/// theirs. Positions are those in an immutable file, so nothing else needs to be looked at.
std::string Check::RebaseRows(const RemoveFile& remove, FileChange& change) const {
  const std::string& path = change.file->path;
  const auto theirs = adds_.find(KeyOf(path));
  const bool both_rows = !change.rows.empty() && theirs != adds_.end() &&
                         SameVector(remove.deletion_vector, change.file->deletion_vector);
  if (!both_rows) return "another writer changed the file " + path + ", which we change";
  if (!LAKE_PLANT("rebase.skip-row-check") &&
      RowsOf(theirs->second->deletion_vector).Intersects(change.rows)) {
    return "another writer changed the same rows of the file " + path;
  }
  change.file = theirs->second;
  change.vector = nullptr;
  return {};
}

/// A file whose rows we moved, and that others removed since, is there again, as after a RESTORE.
std::string Check::BroughtBack() const {
  for (const MovedRows& moved : ours_.moves) {
    for (const MovedRows::Source& source : moved.sources) {
      const std::string_view key = KeyOf(source.path);
      if (adds_.count(key) > 0 && ours_.changes.count(key) == 0) {
        return "another writer brought back the file " + source.path + ", whose rows we moved";
      }
    }
  }
  return {};
}

std::string Check::ChangedFiles() {
  if (std::string reason = BroughtBack(); !reason.empty()) return reason;
  std::map<std::string, FileChange, std::less<>> followed;
  for (auto it = ours_.changes.begin(); it != ours_.changes.end();) {
    auto& [key, change] = *it;
    const auto remove = removes_.find(key);
    const auto again = adds_.find(key);
    std::string reason;
    if (remove != removes_.end() && !remove->second->data_change && again == adds_.end()) {
      if (reason = FollowRows(key, change, followed); !reason.empty()) return reason;
      it = ours_.changes.erase(it);
      continue;
    }
    ++it;
    if (remove != removes_.end()) {
      if (LoseRows(*remove->second, change)) continue;
      if (reason = RebaseRows(*remove->second, change); !reason.empty()) return reason;
    } else if (again != adds_.end()) {
      if (!SameVector(again->second->deletion_vector, change.file->deletion_vector)) {
        return "another writer added the file " + change.file->path + ", which we change";
      }
      change.file = again->second;
    }
  }
  std::erase_if(ours_.changes, [](const auto& change) { return change.second.file == nullptr; });
  ours_.changes.merge(followed);
  return {};
}

/// After the rebase as before it: no file is added twice.
std::string Check::NewFiles() {
  const auto taken = [&](const AddFilePtr& mine) {
    return adds_.count(KeyOf(mine->path)) > 0 && ours_.changes.count(KeyOf(mine->path)) == 0;
  };
  for (const AddFilePtr& mine : ours_.adds) {
    if (taken(mine)) return "another writer added the file " + mine->path;
  }
  for (const TakenFile& mine : ours_.taken) {
    if (taken(mine.file)) return "another writer added the file " + mine.file->path;
  }
  return {};
}

}  // namespace

std::string PlaceAfter(const Winner& winner, const StorageContext& context, Pending& ours,
                       Ground& ground) {
  return Check(winner, context, ours, ground).Run();
}

}  // namespace lakehouse::storage::delta
