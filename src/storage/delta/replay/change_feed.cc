#include "storage/delta/replay/change_feed.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "storage/delta/log/protocol.h"
#include "storage/delta/replay/change_snapshot.h"
#include "storage/delta/replay/replay.h"
#include "storage/field_keys.h"

namespace lakehouse::storage::delta {
namespace {

using State = DeltaSnapshot::State;

[[noreturn]] void ThrowNoFeed(const Log& log, int64_t version) {
  throw Error(ErrorKind::kUnsupported, "LK-3011",
              "version " + std::to_string(version) + " of " + log.table().uri() +
                  " was written without the change feed",
              "Set delta.enableChangeDataFeed to true; changes are kept from then on.");
}

AddFilePtr FileOf(const ChangeFile& change) {
  auto file = std::make_shared<AddFile>();
  file->path = change.path;
  file->size_bytes = change.size_bytes;
  file->partition_values = change.partition_values;
  return file;
}

/// Collects the changes of versions, one after the other.
class Collector {
 public:
  Collector(const Log& log, State before) : log_(log), state_(std::move(before)) {
    if (state_.metadata) metadata_.emplace_back(state_.version, *state_.metadata);
  }

  void Take(const CommitFile& commit) {
    const std::string place = Log::CommitName(commit.version);
    const Actions actions = ParseCommit(log_.ReadCommit(commit.version), place);
    const State before = actions.changes.empty() ? Before(actions) : State{};
    const size_t first = entries_.size();
    for (const ChangeFile& change : actions.changes) entries_.push_back({FileOf(change), ""});
    if (actions.changes.empty()) TakeFiles(actions, before);
    ApplyCommit(actions, commit, state_);
    if (!state_.metadata || !HasChangeDataFeed(*state_.metadata)) {
      ThrowNoFeed(log_, commit.version);
    }
    for (size_t i = first; i < entries_.size(); ++i) {
      entries_[i].version = commit.version;
      entries_[i].timestamp_ms = state_.timestamp_ms;
    }
    if (actions.metadata) metadata_.emplace_back(commit.version, *actions.metadata);
  }

  const State& state() const { return state_; }
  std::vector<ChangeEntry> entries() && { return std::move(entries_); }
  /// All metadata that the versions had.
  const std::vector<std::pair<int64_t, TableMetadata>>& metadata() const { return metadata_; }

 private:
  /// The files that a commit removes, as they are before it.
  State Before(const Actions& actions) const {
    State before;
    for (const RemoveFile& remove : actions.removes) {
      const auto found = state_.Find(remove.path, remove.deletion_vector);
      if (found) before.files.Put(found->Add());
    }
    return before;
  }

  void TakeFiles(const Actions& actions, const State& before) {
    std::map<std::string_view, AddFilePtr> removed;
    for (const RemoveFile& remove : actions.removes) {
      if (!remove.data_change) continue;
      const auto found = before.Find(remove.path, remove.deletion_vector);
      if (found) removed[KeyOf(remove.path)] = found->Share();
    }
    for (const AddFilePtr& add : actions.adds) {
      if (!add->data_change) continue;
      const auto old = removed.find(KeyOf(add->path));
      if (old == removed.end()) {
        // The same logical file again brings statistics, not rows.
        if (!state_.Find(add->path, add->deletion_vector)) {
          entries_.push_back({add, "insert"});
        }
        continue;
      }
      // Other deleted rows of one data file: those that went, and those that came back.
      entries_.push_back({add, "delete", 0, 0, old->second->deletion_vector});
      if (old->second->deletion_vector) {
        entries_.push_back({old->second, "insert", 0, 0, add->deletion_vector});
      }
      removed.erase(old);
    }
    for (const auto& [path, file] : removed) entries_.push_back({file, "delete"});
  }

  const Log& log_;
  State state_;
  std::vector<ChangeEntry> entries_;
  std::vector<std::pair<int64_t, TableMetadata>> metadata_;
};

/// The name of a column in files; without a mapping it is the column's own.
std::string NameInFiles(const Field& field) {
  const auto found = field.metadata.find(kPhysicalNameKey);
  return found == field.metadata.end() ? field.name : PhysicalName(field, ColumnMapping::kName);
}

/// Do files that were written with the columns `old` read as rows of `now`? Columns may come and
/// go, and change in ways that the schema tells; with a mapping, a column of one name may be
/// another one than before, whose values would be lost.
bool Fits(const TableMetadata& old, const TableMetadata& now, ColumnMapping mapping) {
  if (old.partition_columns != now.partition_columns) return false;
  if (mapping != ColumnMapping::kNone) {
    return std::all_of(now.schema.fields.begin(), now.schema.fields.end(), [&](const Field& field) {
      const auto before = old.schema.IndexOf(field.name);
      return !before || NameInFiles(old.schema.fields[*before]) == NameInFiles(field);
    });
  }
  for (const Field& field : now.schema.fields) {
    const auto before = old.schema.IndexOf(field.name);
    if (!before || field.type->is_nested() || field.metadata.count(kTypeChangesKey) > 0) continue;
    if (*field.type != *old.schema.fields[*before].type) return false;
  }
  return true;
}

}  // namespace

SnapshotPtr ReadChanges(const Log& log, const StorageContext& context, int64_t from, int64_t to) {
  if (from < 0 || from > to) {
    throw Error(
        ErrorKind::kInvalidArgument, "LK-3010",
        "changes from version " + std::to_string(from) + " to " + std::to_string(to) + " are none",
        "The first version is at least 0 and not after the last one.");
  }
  const LogListing listing = log.List();
  Collector collector(log, from > 0 ? *LoadState(log, from - 1) : State{});
  for (int64_t version = from; version <= to; ++version) {
    const CommitFile* commit = listing.CommitOf(version);
    if (commit == nullptr) {
      throw Error(ErrorKind::kNotFound, "LK-3004",
                  "there is no version " + std::to_string(version) + " of " + log.table().uri(),
                  "Changes are read from the commits themselves; a checkpoint has none.");
    }
    collector.Take(*commit);
  }
  const auto end = std::make_shared<const DeltaSnapshot>(
      std::make_shared<const State>(collector.state()), log.table(), context);
  for (const auto& [version, metadata] : collector.metadata()) {
    if (Fits(metadata, end->metadata(), end->column_mapping())) continue;
    throw Error(
        ErrorKind::kUnsupported, "LK-3011",
        "the columns of " + log.table().uri() + " changed after version " + std::to_string(version),
        "Read the changes up to the change of the columns, and those after it.");
  }
  return std::make_shared<ChangeSnapshot>(end, std::move(collector).entries(), log.table(),
                                          context);
}

}  // namespace lakehouse::storage::delta
