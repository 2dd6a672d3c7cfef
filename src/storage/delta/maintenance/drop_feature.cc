#include "storage/delta/maintenance/drop_feature.h"

#include <algorithm>
#include <cctype>

#include "base/check.h"
#include "base/error.h"
#include "storage/delta/checkpoint/checkpoint.h"
#include "storage/delta/commit/log_cleaning.h"
#include "storage/delta/log/column_ids.h"
#include "storage/delta/log/features.h"
#include "storage/delta/log/log.h"
#include "storage/delta/log/log_properties.h"
#include "storage/delta/log/protocol.h"
#include "storage/field_keys.h"
#include "storage/mapping_keys.h"

namespace lakehouse::storage::delta {
namespace {

constexpr char kProtection[] = "checkpointProtection";

[[noreturn]] void Refuse(const std::string& feature, const std::string& why,
                         const std::string& hint) {
  throw Error(ErrorKind::kInvalidArgument, "LK-4096",
              "the feature " + feature + " cannot be dropped: " + why, hint);
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// The features of the table, whether a list names them or a version implies them.
std::vector<std::string> FeaturesOf(const Protocol& protocol) {
  std::vector<std::string> names = protocol.writer_features;
  for (const Feature& feature : Features()) {
    const bool listed = std::find(names.begin(), names.end(), feature.name) != names.end();
    if (!listed && Supports(protocol, feature.name)) names.emplace_back(feature.name);
  }
  return names;
}

std::string Spelled(const Protocol& protocol, const std::string& feature) {
  std::string known;
  for (const std::string& name : FeaturesOf(protocol)) {
    if (Lower(name) == Lower(feature)) return name;
    known += (known.empty() ? "" : ", ") + name;
  }
  Refuse(feature, "the table does not have it",
         known.empty() ? "The table has no features." : "It has " + known + ".");
}

/// Those that Delta can drop.
bool IsRemovable(const std::string& feature) {
  static const std::vector<std::string> kRemovable = {
      "checkConstraints",  "columnMapping",       "deletionVectors", "domainMetadata",
      "inCommitTimestamp", "rowTracking",         "typeWidening",    "typeWidening-preview",
      "v2Checkpoint",      "vacuumProtocolCheck", kProtection};
  return std::find(kRemovable.begin(), kRemovable.end(), feature) != kRemovable.end();
}

void CheckNeeded(const Protocol& protocol, const std::string& feature) {
  for (const std::string& name : FeaturesOf(protocol)) {
    const Feature* other = FindFeature(name);
    if (other == nullptr) continue;
    const auto& needs = other->needs;
    if (std::find(needs.begin(), needs.end(), feature) == needs.end()) continue;
    Refuse(feature, "the table's feature " + name + " needs it",
           IsRemovable(name) ? "Drop " + name + " first." : "The feature " + name + " stays.");
  }
}

void CheckConstraintsGone(const TableMetadata& metadata) {
  std::string names;
  for (const auto& [key, text] : metadata.properties) {
    if (!key.starts_with(kConstraintPrefix)) continue;
    names += (names.empty() ? "" : ", ") + key.substr(std::string(kConstraintPrefix).size());
  }
  if (names.empty()) return;
  Refuse("checkConstraints", "the table has the constraints " + names,
         "Drop them with ALTER TABLE ... DROP CONSTRAINT first.");
}

/// Domains that nothing needs any more, once no other feature does. Spark removes all of them;
/// those of the lakehouse keep which files jobs have loaded.
std::vector<std::string> RemovableDomains(const Snapshot& table) {
  std::vector<std::string> names;
  for (const auto& [name, state] : table.domains()) {
    if (name.starts_with("lakehouse.")) {
      Refuse("domainMetadata", "the table has the domain " + name,
             "It keeps which files jobs have loaded; without it they would be loaded again.");
    }
    names.push_back(name);
  }
  return names;
}

bool IsWidening(const std::string& feature) { return feature.starts_with("typeWidening"); }

/// Properties that use the feature, and nothing else.
std::vector<std::string> PropertiesOf(const std::string& feature) {
  if (feature == "deletionVectors") return {"delta.enableDeletionVectors"};
  if (feature == "columnMapping") {
    return {kMappingModeKey, kMaxColumnIdKey};
  }
  if (IsWidening(feature)) return {"delta.enableTypeWidening"};
  if (feature == "rowTracking") {
    return {"delta.enableRowTracking", "delta.rowTrackingSuspended",
            "delta.rowTracking.materializedRowIdColumnName",
            "delta.rowTracking.materializedRowCommitVersionColumnName"};
  }
  if (feature == "inCommitTimestamp") {
    return {"delta.enableInCommitTimestamps", "delta.inCommitTimestampEnablementVersion",
            "delta.inCommitTimestampEnablementTimestamp"};
  }
  if (feature == "v2Checkpoint") return {"delta.checkpointPolicy"};
  if (feature == kProtection) return {kCheckpointProtectionProperty};
  return {};
}

TableMetadata Without(TableMetadata metadata, const std::string& feature) {
  for (const std::string& key : PropertiesOf(feature)) metadata.properties.erase(key);
  if (feature == "columnMapping") {
    metadata.schema = WithoutFieldKeys(metadata.schema, {kMappingPrefix});
    ValidateSchema(metadata.schema);
  }
  if (IsWidening(feature)) metadata.schema = WithoutFieldKeys(metadata.schema, {kTypeChangesKey});
  return metadata;
}

FeatureDrop::Rewrite RewriteFor(const Snapshot& table, const std::string& feature) {
  if (feature == "deletionVectors") return FeatureDrop::kDeleted;
  if (feature == "columnMapping" && table.column_mapping() != ColumnMapping::kNone) {
    return FeatureDrop::kAll;
  }
  const bool widened = IsWidening(feature) && HasTypeChanges(table.schema());
  return widened ? FeatureDrop::kAll : FeatureDrop::kNone;
}

bool Uses(const std::string& feature, const TableMetadata& metadata) {
  if (feature == "v2Checkpoint") return Property(metadata, "delta.checkpointPolicy") == "v2";
  if (feature == "vacuumProtocolCheck") return false;
  if (IsWidening(feature)) {
    return IsOn(metadata, "delta.enableTypeWidening") || HasTypeChanges(metadata.schema);
  }
  const Feature* known = FindFeature(feature);
  return known != nullptr && known->used != nullptr && known->used(metadata);
}

bool Uses(const std::string& feature, const Actions& actions) {
  if (actions.metadata && Uses(feature, *actions.metadata)) return true;
  if (feature != "deletionVectors") return false;
  const auto marked = [](const auto& file) { return file.deletion_vector != nullptr; };
  return std::any_of(actions.adds.begin(), actions.adds.end(),
                     [&](const AddFilePtr& file) { return marked(*file); }) ||
         std::any_of(actions.removes.begin(), actions.removes.end(), marked);
}

bool Uses(const std::string& feature, const DeltaSnapshot::State& state) {
  if (Uses(feature, *state.metadata)) return true;
  return feature == "deletionVectors" && state.totals.deletion_vectors > 0;
}

/// The state that the log begins with, or nothing when it begins with version 0.
std::optional<DeltaSnapshot::State> FirstState(const Log& log, const LogListing& listing) {
  if (listing.commits.empty() || listing.commits.front().version == 0) return std::nullopt;
  if (listing.checkpoints.empty()) return std::nullopt;
  return ReadCheckpoint(log, listing.checkpoints.front());
}

}  // namespace

FeatureDrop PlanFeatureDrop(const Snapshot& table, const std::string& feature,
                            bool truncate_history) {
  FeatureDrop drop;
  drop.feature = Spelled(table.protocol(), feature);
  if (!IsRemovable(drop.feature)) {
    Refuse(drop.feature, "Delta has no way back from it",
           "checkConstraints, columnMapping, deletionVectors, domainMetadata, inCommitTimestamp, "
           "rowTracking, typeWidening, v2Checkpoint, vacuumProtocolCheck and checkpointProtection "
           "can be dropped. A deep CLONE into a new table has only what it uses.");
  }
  const Feature& known = *FindFeature(drop.feature);
  CheckNeeded(table.protocol(), drop.feature);
  drop.guards_history = known.reader || drop.feature == kProtection;
  if (truncate_history && !drop.guards_history) {
    Refuse(drop.feature, "TRUNCATE HISTORY is for features that readers must know",
           "Leave TRUNCATE HISTORY out.");
  }
  if (drop.feature == kProtection && !truncate_history) {
    Refuse(drop.feature, "the history that it guards must go with it",
           "Write DROP FEATURE checkpointProtection TRUNCATE HISTORY.");
  }
  if (drop.feature == "checkConstraints") CheckConstraintsGone(table.metadata());
  if (drop.feature == "domainMetadata") drop.domains = RemovableDomains(table);
  drop.metadata = Without(table.metadata(), drop.feature);
  drop.rewrite = RewriteFor(table, drop.feature);
  for (size_t i = 0; i < table.file_count(); ++i) {
    const bool marked = table.file(i).deleted_records > 0;
    if (drop.rewrite == FeatureDrop::kAll || (drop.rewrite == FeatureDrop::kDeleted && marked)) {
      drop.files.push_back(i);
    }
  }
  return drop;
}

void TruncateHistory(Table& table, const StorageContext& context) {
  const auto latest = table.Latest();
  const auto* snapshot = dynamic_cast<const DeltaSnapshot*>(latest.get());
  LAKE_CHECK(snapshot != nullptr);
  CutLog(Log(table.location()), snapshot->state(), kDayMs, context);
}

bool HistoryUses(Table& table, const std::string& feature) {
  const Log log(table.location());
  const LogListing listing = log.List();
  if (feature == kProtection) {
    const auto guarded =
        NumberProperty(table.Latest()->metadata(), kCheckpointProtectionProperty).value_or(0);
    return !listing.commits.empty() && listing.commits.front().version < guarded;
  }
  if (const auto first = FirstState(log, listing); first && Uses(feature, *first)) return true;
  return std::any_of(listing.commits.begin(), listing.commits.end(), [&](const auto& commit) {
    const std::string name = Log::CommitName(commit.version);
    return Uses(feature, ParseCommit(log.ReadCommit(commit.version), name));
  });
}

}  // namespace lakehouse::storage::delta
