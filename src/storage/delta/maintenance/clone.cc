#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "storage/delta/delta_table.h"
#include "storage/delta/maintenance/file_copies.h"
#include "storage/delta/snapshot/delta_snapshot.h"
#include "storage/file_place.h"
#include "storage/maintenance.h"

namespace lakehouse::storage {
namespace {

using namespace delta;

constexpr char kClustering[] = "delta.clustering";

/// The rows were written under the rules of the metadata that come with them.
constexpr RowRules kAllRules{true, true, true, true, true, true, true};

/// Properties of the source's own history.
bool IsOfHistory(const std::string& key) {
  return key == "lakehouse.createdBy" || key == "delta.inCommitTimestampEnablementVersion" ||
         key == "delta.inCommitTimestampEnablementTimestamp";
}

/// The properties of the clone; features that no property asks for are asked for by name.
std::map<std::string, std::string> PropertiesOf(const DeltaSnapshot& source,
                                                const CloneOptions& options) {
  std::map<std::string, std::string> properties;
  for (const std::string& feature : source.protocol().writer_features) {
    properties["delta.feature." + feature] = "supported";
  }
  for (const auto& [key, value] : source.metadata().properties) {
    if (!IsOfHistory(key)) properties[key] = value;
  }
  for (const auto& [key, value] : options.properties) properties[key] = value;
  return properties;
}

/// One CLONE of one snapshot.
class DeltaClone : public CloneJob {
 public:
  DeltaClone(std::shared_ptr<const DeltaSnapshot> source, io::Location source_location,
             io::Location target, CloneOptions options, const StorageContext& context)
      : source_(std::move(source)),
        source_location_(std::move(source_location)),
        target_(std::move(target)),
        options_(std::move(options)),
        context_(context) {
    if (IsDeltaTable(target_)) before_ = OpenTable(target_, context_)->Latest();
    Compare(before_.get());
    options_.deep ? CopyFiles() : RequireSources();
  }

  CreateTableOptions table() const override {
    CreateTableOptions create;
    create.schema = source_->metadata().schema;
    create.partition_columns = source_->metadata().partition_columns;
    create.properties = PropertiesOf(*source_, options_);
    create.comment = source_->metadata().description;
    return create;
  }

  CloneReport Commit(Table& table) override {
    const SnapshotPtr base = before_ ? before_ : table.Latest();
    const auto commit = table.Begin(base);
    commit->MarkRead();
    commit->KeepRules(kAllRules);
    SetMetadata(*base, *commit);
    for (const size_t i : removed_) commit->RemoveFile(i);
    for (const size_t i : added_) {
      commit->AddExisting(*source_, i, PathInClone(source_->add(i).path));
    }
    CommitDescription description = options_.description;
    description.operation = "CLONE";
    description.metrics = {{"sourceTableSize", report_.source_table_size},
                           {"sourceNumOfFiles", report_.source_num_of_files},
                           {"numRemovedFiles", report_.num_removed_files},
                           {"numCopiedFiles", report_.num_copied_files},
                           {"removedFilesSize", report_.removed_files_size},
                           {"copiedFilesSize", report_.copied_files_size}};
    const CommitResult result = commit->Commit(description);
    // Files are never deleted after an unknown outcome.
    if (result.outcome != CommitOutcome::kConflict) copies_.Keep();
    RequireCommitted(result, "CLONE");
    return report_;
  }

 private:
  /// The path of a source file in the clone's log.
  std::string PathInClone(const std::string& path) const {
    if (options_.deep) return IsAbsolute(path) ? path.substr(path.rfind('/') + 1) : path;
    return IsAbsolute(path) ? path : source_location_.uri() + "/" + path;
  }

  bool SameRows(size_t source_index, const DeltaSnapshot& clone, size_t clone_index) const {
    const auto& ours = source_->row(source_index).deletion_vector();
    const auto& theirs = clone.row(clone_index).deletion_vector();
    if (!ours || !theirs) return ours == theirs;
    return ours->cardinality == theirs->cardinality &&
           *source_->DeletedRows(source_index) == *clone.DeletedRows(clone_index);
  }

  /// Which files are new, and which go.
  void Compare(const Snapshot* before) {
    const auto* clone = dynamic_cast<const DeltaSnapshot*>(before);
    std::unordered_map<std::string, size_t> there;
    for (size_t i = 0; clone != nullptr && i < clone->file_count(); ++i) {
      there.emplace(clone->add(i).path, i);
    }
    for (size_t i = 0; i < source_->file_count(); ++i) {
      const AddFile add = source_->add(i);
      report_.source_table_size += add.size_bytes;
      const auto found = there.find(PathInClone(add.path));
      const bool same = found != there.end() &&
                        clone->row(found->second).size_bytes() == add.size_bytes &&
                        SameRows(i, *clone, found->second);
      if (same) {
        there.erase(found);
      } else {
        added_.push_back(i);
      }
    }
    report_.source_num_of_files = static_cast<int64_t>(source_->file_count());
    for (const auto& [path, index] : there) {
      removed_.push_back(index);
      report_.removed_files_size += clone->row(index).size_bytes();
    }
    std::sort(removed_.begin(), removed_.end());
    report_.num_removed_files = static_cast<int64_t>(removed_.size());
  }

  void CopyFiles() {
    std::vector<FileCopies::Copy> wanted;
    for (const size_t i : added_) {
      const AddFile add = source_->add(i);
      wanted.push_back({LocateFile(add.path, source_location_, context_.stores),
                        LocateFile(PathInClone(add.path), target_, nullptr), add.size_bytes});
      report_.copied_files_size += add.size_bytes;
    }
    report_.num_copied_files = static_cast<int64_t>(wanted.size());
    copies_.Make(wanted, options_.token);
  }

  void RequireSources() const {
    std::vector<io::Location> places;
    for (const size_t i : added_) {
      places.push_back(LocateFile(source_->add(i).path, source_location_, context_.stores));
    }
    RequireAll(places, kStoreThreads);
  }

  void SetMetadata(const Snapshot& base, Transaction& commit) const {
    TableMetadata metadata = base.metadata();
    metadata.schema = source_->metadata().schema;
    metadata.partition_columns = source_->metadata().partition_columns;
    metadata.description = source_->metadata().description;
    std::map<std::string, std::string> properties = PropertiesOf(*source_, options_);
    for (const auto& [key, value] : base.metadata().properties) {
      if (IsOfHistory(key)) properties[key] = value;
    }
    metadata.properties = std::move(properties);
    TableMetadata plain = metadata;
    std::erase_if(plain.properties, [](const auto& property) {
      return property.first.starts_with("delta.feature.");
    });
    if (plain != base.metadata()) commit.SetMetadata(std::move(metadata));
    const auto clustering = source_->domains().find(kClustering);
    const auto now = base.domains().find(kClustering);
    if (clustering != source_->domains().end()) {
      if (now == base.domains().end() || now->second != clustering->second) {
        commit.SetDomain(kClustering, clustering->second);
      }
    } else if (now != base.domains().end()) {
      commit.RemoveDomain(kClustering);
    }
  }

  const std::shared_ptr<const DeltaSnapshot> source_;
  const io::Location source_location_;
  const io::Location target_;
  const CloneOptions options_;
  const StorageContext context_;
  SnapshotPtr before_;           ///< the clone as it was; null when there is none
  std::vector<size_t> added_;    ///< indexes in the source
  std::vector<size_t> removed_;  ///< indexes in before_
  CloneReport report_;
  FileCopies copies_;
};

}  // namespace

std::unique_ptr<CloneJob> PrepareClone(const SnapshotPtr& source,
                                       const io::Location& source_location,
                                       const io::Location& target, const CloneOptions& options,
                                       const StorageContext& context) {
  auto snapshot = std::dynamic_pointer_cast<const DeltaSnapshot>(source);
  LAKE_CHECK(snapshot != nullptr);
  return std::make_unique<DeltaClone>(std::move(snapshot), source_location, target, options,
                                      context);
}

}  // namespace lakehouse::storage
