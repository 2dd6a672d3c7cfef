#include "storage/delta/protocol.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "storage/delta/type_widening.h"

namespace lakehouse::storage::delta {
namespace {

constexpr int kReaderWithFeatures = 3;
constexpr int kWriterWithFeatures = 7;

const std::set<std::string> kReadable = {
    "columnMapping", "deletionVectors",      "timestampNtz",       "typeWidening",
    "v2Checkpoint",  "typeWidening-preview", "vacuumProtocolCheck"};
const std::set<std::string> kWritable = {"appendOnly",         "invariants",    "checkConstraints",
                                         "changeDataFeed",     "columnMapping", "generatedColumns",
                                         "identityColumns",    "timestampNtz",  "domainMetadata",
                                         "vacuumProtocolCheck"};

/// Properties that turn on what needs a feature which this engine does not write.
const std::map<std::string, std::string> kFeatureOfProperty = {
    {"delta.enableChangeDataFeed", "changeDataFeed"},
    {"delta.enableDeletionVectors", "deletionVectors"},
    {"delta.enableInCommitTimestamps", "inCommitTimestamp"},
    {"delta.enableRowTracking", "rowTracking"},
    {"delta.enableTypeWidening", "typeWidening"},
    {"delta.enableIcebergCompatV1", "icebergCompatV1"},
    {"delta.enableIcebergCompatV2", "icebergCompatV2"},
    {"delta.enableVariantShredding", "variantShredding"}};

std::string Property(const TableMetadata& metadata, const std::string& key) {
  const auto found = metadata.properties.find(key);
  return found == metadata.properties.end() ? "" : found->second;
}

[[noreturn]] void Refuse(const char* code, const std::string& feature, const char* doing) {
  throw Error(ErrorKind::kUnsupported, code,
              std::string("the table needs the feature ") + feature + " for " + doing,
              "This version does not have it; use an engine that does.");
}

bool MapsColumns(const TableMetadata& metadata) {
  const std::string mode = Property(metadata, "delta.columnMapping.mode");
  return !mode.empty() && mode != "none";
}

bool IsOn(const TableMetadata& metadata, const std::string& key) {
  std::string value = Property(metadata, key);
  std::transform(value.begin(), value.end(), value.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return value == "true";
}

template <typename Predicate>
bool AnyField(const std::vector<Field>& fields, Predicate predicate) {
  return std::any_of(fields.begin(), fields.end(), [&](const Field& field) {
    return predicate(field) || AnyField(field.type->fields(), predicate);
  });
}

bool HasMetadata(const TableMetadata& metadata, const std::string& key) {
  return AnyField(metadata.schema.fields,
                  [&](const Field& field) { return field.metadata.count(key) > 0; });
}

bool HasType(const TableMetadata& metadata, TypeId id) {
  return AnyField(metadata.schema.fields,
                  [&](const Field& field) { return field.type->id() == id; });
}

bool Contains(const std::vector<std::string>& features, const std::string& feature) {
  return std::find(features.begin(), features.end(), feature) != features.end();
}

/// `protocol` with a list of writer features: those that its version implies.
Protocol WithWriterFeatures(const Protocol& protocol) {
  Protocol next = protocol;
  const int version = protocol.min_writer_version;
  if (version >= kWriterWithFeatures) return next;
  const std::pair<int, const char*> implied[] = {
      {2, "appendOnly"},       {2, "invariants"},    {3, "checkConstraints"}, {4, "changeDataFeed"},
      {4, "generatedColumns"}, {5, "columnMapping"}, {6, "identityColumns"}};
  for (const auto& [since, feature] : implied) {
    if (version >= since) next.writer_features.push_back(feature);
  }
  next.min_writer_version = kWriterWithFeatures;
  return next;
}

void CheckMapped(const std::vector<Field>& fields, ColumnMapping mapping);

/// Elements, keys and values have no names of their own, the structs among them have fields that
/// do.
void CheckMappedBelow(const DataType& type, ColumnMapping mapping) {
  if (type.id() == TypeId::kStruct) return CheckMapped(type.fields(), mapping);
  for (const Field& part : type.fields()) CheckMappedBelow(*part.type, mapping);
}

/// Every field, at any depth, has what the mode needs.
void CheckMapped(const std::vector<Field>& fields, ColumnMapping mapping) {
  for (const Field& field : fields) {
    PhysicalName(field, mapping);
    if (mapping == ColumnMapping::kId) FieldId(field);
    CheckMappedBelow(*field.type, mapping);
  }
}

}  // namespace

void CheckReadable(const Protocol& protocol, const TableMetadata& metadata) {
  if (protocol.min_reader_version < 1 || protocol.min_reader_version > kReaderWithFeatures) {
    Refuse("LK-3002", "reader version " + std::to_string(protocol.min_reader_version), "reading");
  }
  for (const std::string& feature : protocol.reader_features) {
    if (kReadable.count(feature) == 0) Refuse("LK-3002", feature, "reading");
  }
  if (HasType(metadata, TypeId::kVariant)) Refuse("LK-3002", "variantType", "reading");
  const ColumnMapping mapping = ColumnMappingOf(protocol, metadata);
  if (mapping != ColumnMapping::kNone) CheckMapped(metadata.schema.fields, mapping);
  CheckTypeChanges(metadata.schema);
}

ColumnMapping ColumnMappingOf(const Protocol& protocol, const TableMetadata& metadata) {
  const bool supported =
      protocol.min_reader_version == 2 || Contains(protocol.reader_features, "columnMapping");
  const std::string mode = Property(metadata, "delta.columnMapping.mode");
  if (!supported || mode.empty() || mode == "none") return ColumnMapping::kNone;
  if (mode == "name") return ColumnMapping::kName;
  if (mode == "id") return ColumnMapping::kId;
  Refuse("LK-3002", "columnMapping in mode " + mode, "reading");
}

bool HasInCommitTimestamps(const Protocol& protocol, const TableMetadata& metadata) {
  return Contains(protocol.writer_features, "inCommitTimestamp") &&
         IsOn(metadata, "delta.enableInCommitTimestamps");
}

std::optional<int64_t> NumberProperty(const TableMetadata& metadata, const std::string& key) {
  const std::string text = Property(metadata, key);
  int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool HasChangeDataFeed(const TableMetadata& metadata) {
  return IsOn(metadata, "delta.enableChangeDataFeed");
}

void CheckWritable(const Protocol& protocol, const TableMetadata& metadata) {
  if (protocol.min_writer_version < 1 || protocol.min_writer_version > kWriterWithFeatures) {
    Refuse("LK-3020", "writer version " + std::to_string(protocol.min_writer_version), "writing");
  }
  for (const std::string& feature : protocol.writer_features) {
    if (kWritable.count(feature) == 0) Refuse("LK-3020", feature, "writing");
  }
  if (HasMetadata(metadata, "delta.invariants")) Refuse("LK-3020", "invariants", "writing");
  if (HasMetadata(metadata, "delta.generationExpression")) {
    Refuse("LK-3020", "generatedColumns", "writing");
  }
  if (HasMetadata(metadata, "delta.identity.start")) {
    Refuse("LK-3020", "identityColumns", "writing");
  }
  if (HasMetadata(metadata, "CURRENT_DEFAULT")) Refuse("LK-3020", "allowColumnDefaults", "writing");
  if (HasType(metadata, TypeId::kVariant)) Refuse("LK-3020", "variantType", "writing");
  if (MapsColumns(metadata)) Refuse("LK-3020", "columnMapping", "writing");
  if (Property(metadata, "delta.checkpointPolicy") == "v2")
    Refuse("LK-3020", "v2Checkpoint", "writing");
  for (const auto& [key, feature] : kFeatureOfProperty) {
    if (Property(metadata, key) == "true") Refuse("LK-3020", feature, "writing");
  }
  for (const auto& [key, value] : metadata.properties) {
    if (key.rfind("delta.constraints.", 0) == 0) Refuse("LK-3020", "checkConstraints", "writing");
  }
}

Protocol ProtocolFor(const TableMetadata& metadata) { return WithFeaturesOf(Protocol{}, metadata); }

bool HasDomainMetadata(const Protocol& protocol) {
  return Contains(protocol.writer_features, "domainMetadata");
}

bool HasDeletionVectors(const Protocol& protocol) {
  return Contains(protocol.reader_features, "deletionVectors");
}

Protocol WithDomainMetadata(const Protocol& protocol) {
  Protocol next = WithWriterFeatures(protocol);
  if (!HasDomainMetadata(next)) next.writer_features.push_back("domainMetadata");
  return next;
}

Protocol WithFeaturesOf(const Protocol& protocol, const TableMetadata& metadata) {
  if (!HasType(metadata, TypeId::kTimestampNtz) ||
      Contains(protocol.writer_features, "timestampNtz")) {
    return protocol;
  }
  Protocol next = WithWriterFeatures(protocol);
  if (next.min_reader_version == 2) next.reader_features = {"columnMapping"};
  next.min_reader_version = kReaderWithFeatures;
  next.reader_features.push_back("timestampNtz");
  next.writer_features.push_back("timestampNtz");
  return next;
}

bool Extends(const Protocol& base, const Protocol& next) {
  const auto keeps = [](const std::vector<std::string>& before,
                        const std::vector<std::string>& after) {
    return std::all_of(before.begin(), before.end(),
                       [&](const std::string& feature) { return Contains(after, feature); });
  };
  return next.min_reader_version >= base.min_reader_version &&
         next.min_writer_version >= base.min_writer_version &&
         keeps(base.reader_features, next.reader_features) &&
         keeps(base.writer_features, next.writer_features);
}

bool IsAppendOnly(const TableMetadata& metadata) {
  return Property(metadata, "delta.appendOnly") == "true";
}

}  // namespace lakehouse::storage::delta
