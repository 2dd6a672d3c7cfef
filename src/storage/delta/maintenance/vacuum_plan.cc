#include "storage/delta/maintenance/vacuum_plan.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/plant.h"
#include "storage/delta/log/log_properties.h"
#include "storage/delta/log/protocol.h"
#include "storage/delta/replay/time_travel.h"
#include "storage/file_place.h"

namespace lakehouse::storage::delta {
namespace {

constexpr std::string_view kChangeData = "_change_data";

std::string NameOf(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

/// The object that `path` of the log is, when it lies below the table's root.
std::optional<std::string> ObjectBelow(const std::string& path, const io::Location& table) {
  try {
    return LocateFile(path, table, nullptr).path;
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Is a part of the path one that others own? Partition folders may begin with anything.
class HiddenNames {
 public:
  explicit HiddenNames(const DeltaSnapshot::State& latest) {
    const ColumnMapping mapping = ColumnMappingOf(*latest.protocol, *latest.metadata);
    for (const std::string& name : latest.metadata->partition_columns) {
      folders_.push_back(name + "=");
      const auto position = latest.metadata->schema.IndexOf(name);
      if (!position) continue;
      folders_.push_back(PhysicalName(latest.metadata->schema.fields[*position], mapping) + "=");
    }
    // The other log of a table that has two lies in a folder of this name.
    has_iceberg_ = latest.metadata->properties.count("delta.universalFormat.enabledFormats") > 0;
  }

  /// `path` is relative to the table's root.
  bool Hide(std::string_view path) const {
    if (has_iceberg_ && path.starts_with("metadata/")) return true;
    for (bool first = true;; first = false) {
      const size_t slash = path.find('/');
      const std::string_view part = path.substr(0, slash);
      const bool ours = (first && part == kChangeData) || IsPartition(part);
      if (!ours && (part.starts_with('_') || part.starts_with('.'))) return true;
      if (slash == std::string_view::npos) return false;
      path.remove_prefix(slash + 1);
    }
  }

 private:
  bool IsPartition(std::string_view part) const {
    return std::any_of(folders_.begin(), folders_.end(),
                       [&](const std::string& folder) { return part.starts_with(folder); });
  }
  std::vector<std::string> folders_;
  bool has_iceberg_ = false;
};

/// Folders below `root` that hold tables of their own.
std::vector<std::string> InnerTables(const std::vector<io::ObjectInfo>& objects,
                                     const std::string& root) {
  std::vector<std::string> folders;
  for (const io::ObjectInfo& object : objects) {
    for (const char* mark : {"/_delta_log/", "/metadata/v"}) {
      const size_t at = object.path.find(mark, root.size());
      if (at == std::string::npos || at < root.size()) continue;
      std::string folder = object.path.substr(0, at + 1);
      if (folders.empty() || folders.back() != folder) folders.push_back(std::move(folder));
    }
  }
  return folders;
}

}  // namespace

KeptFiles::KeptFiles(const Log& log, const DeltaSnapshot::State& latest, int64_t cutoff_ms)
    : table_(log.table()) {
  for (const FileRow& file : latest.files) {
    Keep(std::string(file.path().view()), file.deletion_vector());
  }
  if (LAKE_PLANT("vacuum.forget-tombstones")) return;
  for (const TombstonePtr& gone : latest.tombstones) {
    const RemoveFile& remove = gone->remove;
    if (remove.deleted_ms >= cutoff_ms) Keep(remove.path, remove.deletion_vector);
  }
  // Checkpoints keep tombstones for the table's own retention; for a longer one, and for clocks
  // that go wrong, the commits tell.
  for (const CommitFile& commit : log.List().commits) {
    if (commit.modified_ms < cutoff_ms || commit.version > latest.version) continue;
    const Actions actions =
        ParseCommit(log.ReadCommit(commit.version), Log::CommitName(commit.version));
    for (const RemoveFile& gone : actions.removes) Keep(gone.path, gone.deletion_vector);
    for (const ChangeFile& change : actions.changes) Keep(change.path);
  }
}

void KeptFiles::KeepForeign(const Log& other, const DeltaSnapshot::State& latest,
                            int64_t cutoff_ms) {
  const auto lies_elsewhere = [](std::string_view path) { return IsAbsolute(path); };
  bool any = false;
  for (const FileRow& file : latest.files) any = any || lies_elsewhere(file.path().view());
  for (const TombstonePtr& gone : latest.tombstones) {
    any = any || lies_elsewhere(gone->remove.path);
  }
  if (!any) return;  // most tables
  names_.merge(KeptFiles(other, latest, cutoff_ms).names_);
}

void KeptFiles::Keep(const std::string& path) {
  if (auto object = ObjectBelow(path, table_)) {
    paths_.insert(*std::move(object));
  } else {
    names_.insert(NameOf(path));
  }
}

void KeptFiles::Keep(const std::string& path, const DeletionVectorPtr& vector) {
  Keep(path);
  if (LAKE_PLANT("vacuum.forget-vectors")) return;
  if (vector && vector->storage_type != 'i') Keep(PathOf(*vector));
}

bool KeptFiles::Has(const std::string& path) const {
  return paths_.count(path) > 0 || (!names_.empty() && names_.count(NameOf(path)) > 0);
}

std::vector<DeadFile> FindByListing(const Log& log, const DeltaSnapshot::State& latest,
                                    const KeptFiles& kept, int64_t cutoff_ms) {
  const HiddenNames hidden(latest);
  const std::string root = log.table().path.empty() ? "" : log.table().path + "/";
  const auto objects = log.store().List(log.table().path, {.start_after = {}, .recursive = true});
  const std::vector<std::string> inner = InnerTables(objects, root);
  std::vector<DeadFile> dead;
  for (const io::ObjectInfo& object : objects) {
    const bool young = object.modified_ms >= cutoff_ms && !LAKE_PLANT("vacuum.delete-young-files");
    if (young || kept.Has(object.path)) continue;
    if (hidden.Hide(std::string_view(object.path).substr(root.size()))) continue;
    const bool of_another = std::any_of(inner.begin(), inner.end(), [&](const auto& folder) {
      return object.path.starts_with(folder);
    });
    if (!of_another) dead.push_back({object.path, object.size_bytes});
  }
  return dead;
}

std::vector<DeadFile> FindByLog(const Log& log, const KeptFiles& kept, int64_t from, int64_t to) {
  std::unordered_set<std::string> found;
  const auto take = [&](const std::string& path) {
    const auto object = ObjectBelow(path, log.table());
    if (object && !kept.Has(*object)) found.insert(*object);
  };
  for (int64_t version = from; version <= to; ++version) {
    const Actions actions = ParseCommit(log.ReadCommit(version), Log::CommitName(version));
    for (const RemoveFile& gone : actions.removes) {
      take(gone.path);
      const DeletionVectorPtr& vector = gone.deletion_vector;
      if (vector && vector->storage_type != 'i') take(PathOf(*vector));
    }
    for (const ChangeFile& change : actions.changes) take(change.path);
  }
  std::vector<DeadFile> dead;
  for (const std::string& path : found) {
    if (const auto info = log.store().Head(path)) dead.push_back({path, info->size_bytes});
  }
  return dead;
}

}  // namespace lakehouse::storage::delta
