#include "query/engines/duckdb/commands/rearrange.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/error.h"

namespace lakehouse::query::duckdb {
namespace {

using storage::Snapshot;

/// Lost races after which the statement is given up.
constexpr int kMaxAttempts = 20;

[[noreturn]] void ThrowConflict(const std::string& reason) {
  throw Error(ErrorKind::kCommitConflict, "LK-4013",
              "another commit changed the table first: " + reason, "run the statement again");
}

/// Where files of a snapshot are in a later one.
class FilePlaces {
 public:
  explicit FilePlaces(const Snapshot& latest) : latest_(latest) {
    for (size_t i = 0; i < latest.file_count(); ++i) {
      places_.emplace(latest.file(i).path, i);
    }
  }

  /// Nothing when the file is gone or has lost other rows since.
  std::optional<size_t> Find(const Snapshot& base, size_t index) const {
    const auto entry = base.file(index);
    const auto found = places_.find(entry.path);
    if (found == places_.end()) return std::nullopt;
    if (latest_.file(found->second).deleted_records != entry.deleted_records) return std::nullopt;
    const auto before = base.DeletedRows(index);
    const auto now = latest_.DeletedRows(found->second);
    if (before && now && !(*before == *now)) return std::nullopt;
    return found->second;
  }

 private:
  const Snapshot& latest_;
  std::map<std::string, size_t> places_;
};

using Places = std::vector<std::vector<size_t>>;

/// The places of the groups' files in `latest`; groups that cannot be placed are taken out.
Places PlaceIn(const Snapshot& base, const Snapshot& latest, std::vector<WrittenGroup>& groups) {
  Places places;
  if (&base == &latest) {
    for (const auto& group : groups) places.push_back(group.sources().files);
    return places;
  }
  const FilePlaces known(latest);
  std::erase_if(groups, [&](const WrittenGroup& group) {
    std::vector<size_t> files;
    for (const size_t file : group.sources().files) {
      const auto place = known.Find(base, file);
      if (!place) return true;
      files.push_back(*place);
    }
    places.push_back(std::move(files));
    return false;
  });
  return places;
}

/// Says where the rows of a group went, whose files are at `places`.
void MarkMoved(const WrittenGroup& group, const std::vector<size_t>& places,
               storage::Transaction& commit) {
  if (group.order().empty()) return;
  const auto& files = group.sources().files;
  std::vector<size_t> sources;
  for (const size_t file : group.order()) {
    const auto at = std::find(files.begin(), files.end(), file);
    sources.push_back(places[static_cast<size_t>(at - files.begin())]);
  }
  std::vector<std::string> targets;
  for (const auto& file : group.files()) targets.push_back(file.path);
  commit.MarkMoved(sources, targets);
}

}  // namespace

storage::RowRules RulesOfRewrites() {
  storage::RowRules kept;
  kept.column_mapping = kept.row_ids = true;
  return kept;
}

WrittenGroup::~WrittenGroup() {
  if (!written_.writer) return;
  try {
    written_.writer->Discard();
  } catch (const Error&) {
    // Files that cannot be deleted now are unreferenced; a later clean-up finds them.
  }
}

int64_t CommitRearranged(storage::Table& table, const storage::SnapshotPtr& base,
                         std::vector<WrittenGroup>& groups,
                         const std::function<storage::CommitDescription()>& describe) {
  storage::SnapshotPtr latest = base;
  std::string reason = "its files are gone";
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    if (!(latest->metadata() == base->metadata() && latest->protocol() == base->protocol())) break;
    const Places places = PlaceIn(*base, *latest, groups);
    if (groups.empty()) break;
    auto commit = table.Begin(latest);
    commit->MarkRearranged();
    commit->KeepRules(RulesOfRewrites());
    for (size_t i = 0; i < groups.size(); ++i) {
      for (const size_t file : places[i]) commit->RemoveFile(file);
      for (const auto& file : groups[i].files()) commit->AddFile(file);
      MarkMoved(groups[i], places[i], *commit);
    }
    const auto result = commit->Commit(describe());
    if (result.outcome != storage::CommitOutcome::kConflict) {
      for (auto& group : groups) group.Keep();
    }
    if (result.outcome == storage::CommitOutcome::kCommitted) return result.version;
    if (result.outcome == storage::CommitOutcome::kUnknown) {
      throw Error(ErrorKind::kCommitStateUnknown, "LK-4014",
                  "the rows may or may not be in their new files: " + result.reason,
                  "look at DESCRIBE HISTORY before running it again");
    }
    reason = result.reason;
    latest = table.Latest();
  }
  ThrowConflict(reason);
}

}  // namespace lakehouse::query::duckdb
