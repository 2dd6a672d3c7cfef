#include "storage/delta/log/features.h"

#include <algorithm>
#include <cctype>

#include "storage/column_mapping.h"
#include "storage/field_keys.h"
#include "storage/mapping_keys.h"

namespace lakehouse::storage::delta {
namespace {

template <typename Predicate>
bool AnyField(const std::vector<Field>& fields, Predicate predicate) {
  return std::any_of(fields.begin(), fields.end(), [&](const Field& field) {
    return predicate(field) || AnyField(field.type->fields(), predicate);
  });
}

/// Has a column, at any depth, metadata of this name?
bool Marks(const TableMetadata& metadata, const char* key) {
  return AnyField(metadata.schema.fields,
                  [&](const Field& field) { return field.metadata.count(key) > 0; });
}

bool HasConstraint(const TableMetadata& metadata) {
  const auto found = metadata.properties.lower_bound(kConstraintPrefix);
  return found != metadata.properties.end() && found->first.starts_with(kConstraintPrefix);
}

bool MapsColumns(const TableMetadata& metadata) {
  const std::string mode = Property(metadata, kMappingModeKey);
  return !mode.empty() && mode != "none";
}

bool WidensTypes(const TableMetadata& metadata) {
  return IsOn(metadata, "delta.enableTypeWidening") || HasTypeChanges(metadata.schema);
}

using Metadata = const TableMetadata&;

const Feature kFeatures[] = {
    {"appendOnly", false, 0, 2, [](Metadata m) { return IsOn(m, "delta.appendOnly"); }},
    {"invariants", false, 0, 2, [](Metadata m) { return Marks(m, "delta.invariants"); }},
    {"checkConstraints", false, 0, 3, HasConstraint},
    {"changeDataFeed", false, 0, 4,
     [](Metadata m) { return IsOn(m, "delta.enableChangeDataFeed"); }},
    {"generatedColumns", false, 0, 4, [](Metadata m) { return Marks(m, kGenerationKey); }},
    {"columnMapping", true, 2, 5, MapsColumns},
    {"identityColumns", false, 0, 6, [](Metadata m) { return Marks(m, kIdentityStartKey); }},
    {"allowColumnDefaults", false, 0, 0, [](Metadata m) { return Marks(m, kDefaultKey); }},
    {"deletionVectors", true, 0, 0,
     [](Metadata m) { return IsOn(m, "delta.enableDeletionVectors"); }},
    {"timestampNtz", true, 0, 0, [](Metadata m) { return HasType(m, TypeId::kTimestampNtz); }},
    {"v2Checkpoint", true, 0, 0,
     [](Metadata m) { return Property(m, "delta.checkpointPolicy") == "v2"; }},
    {"domainMetadata"},
    {"rowTracking",
     false,
     0,
     0,
     [](Metadata m) { return IsOn(m, "delta.enableRowTracking"); },
     {"domainMetadata"}},
    {"clustering", false, 0, 0, nullptr, {"domainMetadata"}},
    {"inCommitTimestamp", false, 0, 0,
     [](Metadata m) { return IsOn(m, "delta.enableInCommitTimestamps"); }},
    {"vacuumProtocolCheck", true},
    {"checkpointProtection"},
    {"typeWidening", true, 0, 0, WidensTypes},
    {"typeWidening-preview", true},
    {"variantType", true, 0, 0, [](Metadata m) { return HasType(m, TypeId::kVariant); }},
    {"variantType-preview", true},
    {"variantShredding",
     true,
     0,
     0,
     [](Metadata m) { return IsOn(m, "delta.enableVariantShredding"); },
     {},
     false,
     false},
    {"catalogManaged", true, 0, 0, nullptr, {}, false, false},
    {"icebergCompatV1",
     false,
     0,
     0,
     [](Metadata m) { return IsOn(m, "delta.enableIcebergCompatV1"); },
     {"columnMapping"},
     true,
     false},
    {"icebergCompatV2",
     false,
     0,
     0,
     [](Metadata m) { return IsOn(m, "delta.enableIcebergCompatV2"); },
     {"columnMapping"},
     true,
     false},
};

}  // namespace

std::span<const Feature> Features() { return kFeatures; }

const Feature* FindFeature(std::string_view name) {
  for (const Feature& feature : kFeatures) {
    if (feature.name == name) return &feature;
  }
  return nullptr;
}

std::string Property(const TableMetadata& metadata, const std::string& key) {
  const auto found = metadata.properties.find(key);
  return found == metadata.properties.end() ? "" : found->second;
}

bool IsOn(const TableMetadata& metadata, const std::string& key) {
  std::string value = Property(metadata, key);
  std::transform(value.begin(), value.end(), value.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return value == "true";
}

bool HasType(const TableMetadata& metadata, TypeId id) {
  return AnyField(metadata.schema.fields,
                  [&](const Field& field) { return field.type->id() == id; });
}

}  // namespace lakehouse::storage::delta
