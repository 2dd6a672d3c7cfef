#include "storage/delta/log/protocol.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "storage/delta/log/features.h"
#include "storage/delta/log/type_widening.h"
#include "storage/mapping_keys.h"

namespace lakehouse::storage::delta {
namespace {

constexpr int kReaderWithFeatures = 3;
constexpr int kWriterWithFeatures = 7;

[[noreturn]] void Refuse(const char* code, const std::string& feature, const char* doing) {
  throw Error(ErrorKind::kUnsupported, code,
              std::string("the table needs the feature ") + feature + " for " + doing,
              "This version does not have it; use an engine that does.");
}

bool Contains(const std::vector<std::string>& features, std::string_view feature) {
  return std::find(features.begin(), features.end(), feature) != features.end();
}

void AddOnce(std::vector<std::string>& features, std::string_view feature) {
  if (!Contains(features, feature)) features.emplace_back(feature);
}

bool HasLists(const Protocol& protocol) {
  return protocol.min_writer_version >= kWriterWithFeatures;
}

/// Do versions, rather than a list, say that the feature is there?
bool Implies(const Protocol& protocol, const Feature& feature) {
  return feature.min_writer > 0 && !HasLists(protocol) &&
         protocol.min_writer_version >= feature.min_writer &&
         protocol.min_reader_version >= feature.min_reader;
}

/// `protocol` with lists in place of versions that imply features.
Protocol WithLists(const Protocol& protocol) {
  if (HasLists(protocol)) return protocol;
  Protocol next = protocol;
  for (const Feature& feature : Features()) {
    if (Implies(protocol, feature)) AddOnce(next.writer_features, feature.name);
  }
  next.min_writer_version = kWriterWithFeatures;
  return next;
}

void ListReaderFeature(Protocol& protocol, const Feature& feature) {
  // Reader version 2 says columnMapping without a list.
  const bool by_version = feature.min_reader > 0 && protocol.min_reader_version < 3;
  if (by_version) {
    protocol.min_reader_version = std::max(protocol.min_reader_version, feature.min_reader);
    return;
  }
  if (protocol.min_reader_version == 2) AddOnce(protocol.reader_features, "columnMapping");
  protocol.min_reader_version = kReaderWithFeatures;
  AddOnce(protocol.reader_features, feature.name);
}

/// The features in `wanted`, with those that they need, that `protocol` lacks.
std::vector<const Feature*> Missing(const Protocol& protocol,
                                    const std::vector<const Feature*>& wanted) {
  std::vector<const Feature*> missing;
  const auto add = [&](const Feature& feature) {
    const bool known = std::find(missing.begin(), missing.end(), &feature) != missing.end();
    if (!known && !Supports(protocol, feature.name)) missing.push_back(&feature);
  };
  for (const Feature* feature : wanted) {
    for (const std::string_view name : feature->needs) add(*FindFeature(name));
    add(*feature);
  }
  return missing;
}

Protocol WithAll(const Protocol& protocol, const std::vector<const Feature*>& wanted) {
  const std::vector<const Feature*> missing = Missing(protocol, wanted);
  if (missing.empty()) return protocol;
  const bool by_version = !HasLists(protocol) &&
                          std::all_of(missing.begin(), missing.end(), [](const Feature* feature) {
                            return feature->min_writer > 0;
                          });
  Protocol next = by_version ? protocol : WithLists(protocol);
  for (const Feature* feature : missing) {
    if (by_version) {
      next.min_reader_version = std::max(next.min_reader_version, feature->min_reader);
      next.min_writer_version = std::max(next.min_writer_version, feature->min_writer);
      continue;
    }
    AddOnce(next.writer_features, feature->name);
    if (feature->reader) ListReaderFeature(next, *feature);
  }
  return next;
}

std::string PreviewOf(const Feature& feature) { return std::string(feature.name) + "-preview"; }

/// What is asked for by the name of its preview is not asked for by its own.
std::vector<const Feature*> UsedBy(const TableMetadata& metadata) {
  std::vector<const Feature*> used;
  for (const Feature& feature : Features()) {
    const bool preview = metadata.properties.count("delta.feature." + PreviewOf(feature)) > 0;
    if (!preview && feature.used && feature.used(metadata)) used.push_back(&feature);
  }
  return used;
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

/// What readers must know is in both lists: from one of them a reader would not learn of it, and
/// take physical names for columns, or deleted rows for rows.
void CheckListedTwice(const Protocol& protocol) {
  if (protocol.min_reader_version < kReaderWithFeatures) return;
  for (const std::string& name : protocol.writer_features) {
    const Feature* feature = FindFeature(name);
    if (feature == nullptr || !feature->reader || Contains(protocol.reader_features, name))
      continue;
    throw Error(ErrorKind::kCorruption, "LK-3003",
                "the protocol lists the feature " + name + " for writers and not for readers");
  }
}

[[noreturn]] void ThrowProtocolProperty(const std::string& key, const std::string& value) {
  throw Error(ErrorKind::kInvalidArgument, "LK-3030",
              "the property " + key + " cannot be '" + value + "'",
              "delta.feature.<name> is 'supported'; delta.minReaderVersion is 1 to 3, "
              "delta.minWriterVersion is 1 to 7.");
}

/// The version that a property asks for; 0 when it is not there. The property is taken out.
int TakeVersion(TableMetadata& metadata, const std::string& key, int highest) {
  const auto found = metadata.properties.find(key);
  if (found == metadata.properties.end()) return 0;
  const auto version = NumberProperty(metadata, key);
  if (!version || *version < 1 || *version > highest) ThrowProtocolProperty(key, found->second);
  metadata.properties.erase(found);
  return static_cast<int>(*version);
}

/// The features that properties name. The properties are taken out.
std::vector<const Feature*> TakeNamedFeatures(TableMetadata& metadata) {
  constexpr std::string_view kPrefix = "delta.feature.";
  std::vector<const Feature*> named;
  for (auto it = metadata.properties.lower_bound(std::string(kPrefix));
       it != metadata.properties.end() && it->first.starts_with(kPrefix);) {
    const std::string name = it->first.substr(kPrefix.size());
    if (it->second != "supported" && it->second != "enabled") {
      ThrowProtocolProperty(it->first, it->second);
    }
    const Feature* feature = FindFeature(name);
    if (feature == nullptr || !feature->writable) Refuse("LK-3020", name, "writing");
    named.push_back(feature);
    it = metadata.properties.erase(it);
  }
  return named;
}

}  // namespace

void CheckReadable(const Protocol& protocol, const TableMetadata& metadata) {
  if (protocol.min_reader_version < 1 || protocol.min_reader_version > kReaderWithFeatures) {
    Refuse("LK-3002", "reader version " + std::to_string(protocol.min_reader_version), "reading");
  }
  for (const std::string& name : protocol.reader_features) {
    const Feature* feature = FindFeature(name);
    if (feature == nullptr || !feature->readable) Refuse("LK-3002", name, "reading");
  }
  CheckListedTwice(protocol);
  const ColumnMapping mapping = ColumnMappingOf(protocol, metadata);
  if (mapping != ColumnMapping::kNone) CheckMapped(metadata.schema.fields, mapping);
  CheckTypeChanges(metadata.schema);
}

ColumnMapping ColumnMappingOf(const Protocol& protocol, const TableMetadata& metadata) {
  const bool supported =
      protocol.min_reader_version == 2 || Contains(protocol.reader_features, "columnMapping");
  const std::string mode = Property(metadata, kMappingModeKey);
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
  for (const auto* list : {&protocol.writer_features, &protocol.reader_features}) {
    for (const std::string& name : *list) {
      const Feature* feature = FindFeature(name);
      if (feature == nullptr || !feature->writable) Refuse("LK-3020", name, "writing");
    }
  }
  for (const Feature* feature : UsedBy(metadata)) {
    if (!feature->writable) Refuse("LK-3020", std::string(feature->name), "writing");
  }
}

bool Supports(const Protocol& protocol, std::string_view feature) {
  const Feature* known = FindFeature(feature);
  if (known != nullptr && Implies(protocol, *known)) return true;
  if (!Contains(protocol.writer_features, feature)) return false;
  if (known == nullptr || !known->reader) return true;
  return protocol.min_reader_version >= kReaderWithFeatures
             ? Contains(protocol.reader_features, feature)
             : known->min_reader > 0 && protocol.min_reader_version >= known->min_reader;
}

Protocol WithFeature(const Protocol& protocol, std::string_view feature) {
  const Feature* known = FindFeature(feature);
  if (known == nullptr) Refuse("LK-3020", std::string(feature), "writing");
  return WithAll(protocol, {known});
}

Protocol WithoutFeature(const Protocol& protocol, std::string_view feature) {
  Protocol next = WithLists(protocol);
  std::erase(next.writer_features, feature);
  std::erase(next.reader_features, feature);
  if (next.reader_features.empty()) {
    next.min_reader_version = Contains(next.writer_features, "columnMapping") ? 2 : 1;
  }
  constexpr std::pair<int, int> kPlain[] = {{1, 1}, {1, 2}, {1, 3}, {1, 4}, {2, 5}, {2, 6}};
  for (const auto& [reader, writer] : kPlain) {
    const Protocol plain{reader, writer, {}, {}};
    const auto implied = WithLists(plain).writer_features;
    const bool same = implied.size() == next.writer_features.size() &&
                      std::all_of(implied.begin(), implied.end(), [&](const std::string& name) {
                        return Contains(next.writer_features, name);
                      });
    if (same) return plain;
  }
  return next;
}

Protocol WithFeaturesOf(const Protocol& protocol, const TableMetadata& metadata) {
  std::vector<const Feature*> used = UsedBy(metadata);
  // What a table has by the name of its preview it keeps by that name.
  std::erase_if(used, [&](const Feature* feature) {
    return Contains(protocol.writer_features, PreviewOf(*feature));
  });
  return WithAll(protocol, used);
}

Protocol ProtocolFor(const TableMetadata& metadata) {
  const std::vector<const Feature*> used = UsedBy(metadata);
  const Protocol by_version = WithAll(Protocol{}, used);
  if (!HasLists(by_version)) return by_version;
  // Nothing was written before, so that only what is used is listed.
  return WithAll(Protocol{1, kWriterWithFeatures, {}, {}}, used);
}

Protocol TakeProtocolProperties(const Protocol& protocol, TableMetadata& metadata) {
  const int reader = TakeVersion(metadata, "delta.minReaderVersion", kReaderWithFeatures);
  const int writer = TakeVersion(metadata, "delta.minWriterVersion", kWriterWithFeatures);
  const std::vector<const Feature*> named = TakeNamedFeatures(metadata);
  Protocol next = protocol;
  if (writer >= kWriterWithFeatures || reader >= kReaderWithFeatures) {
    next = WithLists(next);
  } else if (!HasLists(next)) {
    next.min_writer_version = std::max(next.min_writer_version, writer);
  }
  if (reader > next.min_reader_version) {
    if (reader >= kReaderWithFeatures && next.min_reader_version == 2) {
      AddOnce(next.reader_features, "columnMapping");
    }
    next.min_reader_version = reader;
  }
  if (named.empty()) return next;
  // A feature that is named is listed, also where a version would imply it.
  return WithAll(WithLists(next), named);
}

bool HasDomainMetadata(const Protocol& protocol) {
  return Contains(protocol.writer_features, "domainMetadata");
}

bool HasDeletionVectors(const Protocol& protocol) {
  return Contains(protocol.reader_features, "deletionVectors");
}

bool Extends(const Protocol& base, const Protocol& next) {
  // Features that versions imply may be left out by who makes lists of them: nothing uses them.
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

bool IsAppendOnly(const TableMetadata& metadata) { return IsOn(metadata, "delta.appendOnly"); }

}  // namespace lakehouse::storage::delta
