#include "storage/delta/protocol.h"

#include <algorithm>
#include <set>
#include <string>

#include "base/error.h"

namespace lakehouse::storage::delta {
namespace {

constexpr int kReaderWithFeatures = 3;
constexpr int kWriterWithFeatures = 7;

/// Features whose presence changes nothing for a reader as long as the property below is not set.
const std::set<std::string> kReadable = {"timestampNtz", "vacuumProtocolCheck", "columnMapping"};
const std::set<std::string> kWritable = {"appendOnly",         "invariants",    "checkConstraints",
                                         "changeDataFeed",     "columnMapping", "generatedColumns",
                                         "identityColumns",    "timestampNtz",  "domainMetadata",
                                         "vacuumProtocolCheck"};

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

}  // namespace

void CheckReadable(const Protocol& protocol, const TableMetadata& metadata) {
  if (protocol.min_reader_version < 1 || protocol.min_reader_version > kReaderWithFeatures) {
    Refuse("LK-3002", "reader version " + std::to_string(protocol.min_reader_version), "reading");
  }
  for (const std::string& feature : protocol.reader_features) {
    if (kReadable.count(feature) == 0) Refuse("LK-3002", feature, "reading");
  }
  if (MapsColumns(metadata)) Refuse("LK-3002", "columnMapping", "reading");
  if (HasType(metadata, TypeId::kVariant)) Refuse("LK-3002", "variantType", "reading");
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
  if (Property(metadata, "delta.enableChangeDataFeed") == "true") {
    Refuse("LK-3020", "changeDataFeed", "writing");
  }
  for (const auto& [key, value] : metadata.properties) {
    if (key.rfind("delta.constraints.", 0) == 0) Refuse("LK-3020", "checkConstraints", "writing");
  }
}

Protocol ProtocolFor(const TableMetadata& metadata) {
  Protocol protocol;
  if (!HasType(metadata, TypeId::kTimestampNtz)) return protocol;
  protocol.min_reader_version = kReaderWithFeatures;
  protocol.min_writer_version = kWriterWithFeatures;
  protocol.reader_features = {"timestampNtz"};
  protocol.writer_features = {"appendOnly", "invariants", "timestampNtz"};
  return protocol;
}

bool HasDomainMetadata(const Protocol& protocol) {
  const auto& features = protocol.writer_features;
  return std::find(features.begin(), features.end(), "domainMetadata") != features.end();
}

Protocol WithDomainMetadata(const Protocol& protocol) {
  Protocol next = protocol;
  if (HasDomainMetadata(protocol)) return next;
  if (next.min_writer_version < kWriterWithFeatures) {
    next.writer_features = {"appendOnly", "invariants"};
    if (next.min_writer_version >= 3) next.writer_features.push_back("checkConstraints");
    if (next.min_writer_version >= 4) {
      next.writer_features.insert(next.writer_features.end(),
                                  {"changeDataFeed", "generatedColumns"});
    }
    if (next.min_writer_version >= 5) next.writer_features.push_back("columnMapping");
    if (next.min_writer_version >= 6) next.writer_features.push_back("identityColumns");
    next.min_writer_version = kWriterWithFeatures;
  }
  next.writer_features.push_back("domainMetadata");
  return next;
}

bool IsAppendOnly(const TableMetadata& metadata) {
  return Property(metadata, "delta.appendOnly") == "true";
}

}  // namespace lakehouse::storage::delta
