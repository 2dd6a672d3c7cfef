#include "storage/delta/log/table_properties.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <optional>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "base/suggest.h"
#include "storage/field_keys.h"
#include "storage/mapping_keys.h"

namespace lakehouse::storage::delta {
namespace {

struct Kind {
  enum Type { kTruth, kNumber, kDuration, kChoice, kText, kSelf } type = kTruth;
  int64_t least = 0;                 ///< of a number
  std::vector<std::string> choices;  ///< of a choice
};

Kind Truth() { return {Kind::kTruth, 0, {}}; }
Kind Number(int64_t least) { return {Kind::kNumber, least, {}}; }
Kind Duration() { return {Kind::kDuration, 0, {}}; }
Kind Choice(std::vector<std::string> choices) { return {Kind::kChoice, 0, std::move(choices)}; }
Kind Text() { return {Kind::kText, 0, {}}; }
Kind Self() { return {Kind::kSelf, 0, {}}; }

/// The properties of Delta (DeltaConfig of Spark, PROTOCOL.md).
const std::map<std::string, Kind>& Known() {
  static const std::map<std::string, Kind> kKnown = {
      {"delta.appendOnly", Truth()},
      {"delta.autoOptimize", Truth()},
      {"delta.autoOptimize.autoCompact", Choice({"true", "false", "auto", "legacy"})},
      {"delta.autoOptimize.optimizeWrite", Truth()},
      {"delta.checkpoint.writeStatsAsJson", Truth()},
      {"delta.checkpoint.writeStatsAsStruct", Truth()},
      {"delta.checkpointInterval", Number(1)},
      {"delta.checkpointPolicy", Choice({"classic", "v2"})},
      {"delta.checkpointRetentionDuration", Duration()},
      {kMaxColumnIdKey, Self()},
      {kMappingModeKey, Choice({"none", "name", "id"})},
      {"delta.compatibility.symlinkFormatManifest.enabled", Truth()},
      {"delta.dataSkippingNumIndexedCols", Number(-1)},
      {"delta.dataSkippingStatsColumns", Text()},
      {"delta.dataSkippingStringPrefixLength", Number(0)},
      {"delta.deletedFileRetentionDuration", Duration()},
      {"delta.enableChangeDataFeed", Truth()},
      {"delta.enableDeletionVectors", Truth()},
      {"delta.enableExpiredLogCleanup", Truth()},
      {"delta.enableFullRetentionRollback", Truth()},
      {"delta.enableIcebergCompatV1", Truth()},
      {"delta.enableIcebergCompatV2", Truth()},
      {"delta.enableIcebergCompatV3", Truth()},
      {"delta.enableInCommitTimestamps", Truth()},
      {"delta.enableRowTracking", Truth()},
      {"delta.enableTypeWidening", Truth()},
      {"delta.enableVariantShredding", Truth()},
      {"delta.inCommitTimestampEnablementTimestamp", Self()},
      {"delta.inCommitTimestampEnablementVersion", Self()},
      {"delta.isolationLevel", Choice({"Serializable", "WriteSerializable", "SnapshotIsolation"})},
      {"delta.logRetentionDuration", Duration()},
      {"delta.minReaderVersion", Number(1)},
      {"delta.minWriterVersion", Number(1)},
      {"delta.parquet.compression.codec",
       Choice({"uncompressed", "none", "snappy", "gzip", "lz4", "lz4_raw", "zstd", "brotli"})},
      {"delta.parquet.format.version", Text()},
      {"delta.randomPrefixLength", Number(1)},
      {"delta.randomizeFilePrefixes", Truth()},
      {"delta.requireCheckpointProtectionBeforeVersion", Self()},
      {"delta.rowTracking.materializedRowCommitVersionColumnName", Self()},
      {"delta.rowTracking.materializedRowIdColumnName", Self()},
      {"delta.rowTrackingSuspended", Truth()},
      {"delta.sampleRetentionDuration", Duration()},
      {"delta.setTransactionRetentionDuration", Duration()},
      {"delta.targetFileSize", Text()},
      {"delta.tuneFileSizesForRewrites", Truth()},
      {"delta.universalFormat.enabledFormats", Text()}};
  return kKnown;
}

constexpr char kFeaturePrefix[] = "delta.feature.";
constexpr char kDeltaPrefix[] = "delta.";
constexpr char kCreatedBy[] = "lakehouse.createdBy";

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool StartsWithFolded(const std::string& text, const std::string& prefix) {
  return Lower(text).starts_with(Lower(prefix));
}

[[noreturn]] void ThrowValue(const std::string& key, const std::string& value,
                             const std::string& wanted) {
  throw Error(ErrorKind::kInvalidArgument, "LK-4061",
              "the property " + key + " cannot be '" + value + "'", "It is " + wanted + ".");
}

std::optional<int64_t> WholeNumber(const std::string& text) {
  int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "interval 1 week 2 days", the first word may be missing; months and years have no fixed length.
bool IsDuration(const std::string& text) {
  static const std::vector<std::string> kUnits = {"week",   "day",         "hour",       "minute",
                                                  "second", "millisecond", "microsecond"};
  std::istringstream words(Lower(text));
  std::string word;
  bool any = false;
  while (words >> word) {
    if (word == "interval" && !any) continue;
    if (word.size() > 1 && word.front() == '\'') word.erase(0, 1);
    const auto amount = WholeNumber(word);
    std::string unit;
    if (!amount || *amount < 0 || !(words >> unit)) return false;
    while (!unit.empty() && unit.back() == '\'') unit.pop_back();
    if (unit.ends_with('s')) unit.pop_back();
    if (std::find(kUnits.begin(), kUnits.end(), unit) == kUnits.end()) return false;
    any = true;
  }
  return any;
}

std::string JoinedChoices(const std::vector<std::string>& choices) {
  std::string text;
  for (const std::string& choice : choices) text += (text.empty() ? "" : ", ") + choice;
  return "one of " + text;
}

/// The value in the spelling of Delta.
std::string CheckValue(const std::string& key, const Kind& kind, const std::string& value) {
  switch (kind.type) {
    case Kind::kTruth:
      if (Lower(value) != "true" && Lower(value) != "false") {
        ThrowValue(key, value, "true or false");
      }
      return Lower(value);
    case Kind::kNumber:
      if (const auto number = WholeNumber(value); !number || *number < kind.least) {
        ThrowValue(key, value, "a whole number, at least " + std::to_string(kind.least));
      }
      return value;
    case Kind::kDuration:
      if (!IsDuration(value)) {
        ThrowValue(key, value, "a time such as 'interval 30 days', without months and years");
      }
      return value;
    case Kind::kChoice:
      for (const std::string& choice : kind.choices) {
        if (Lower(choice) == Lower(value)) return choice;
      }
      ThrowValue(key, value, JoinedChoices(kind.choices));
    case Kind::kSelf:
      throw Error(ErrorKind::kInvalidArgument, "LK-4062",
                  "the property " + key + " is the table's own", "Leave it out.");
    case Kind::kText:
      break;
  }
  return value;
}

[[noreturn]] void ThrowUnknown(const std::string& key) {
  std::vector<std::string> names;
  for (const auto& [name, kind] : Known()) names.push_back(name);
  throw Error(ErrorKind::kInvalidArgument, "LK-4060", "there is no property " + key,
              DidYouMean(key, names));
}

std::pair<std::string, std::string> CheckOne(const std::string& key, const std::string& value,
                                             PropertyUse use) {
  if (key == kCreatedBy) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4062",
                "the property " + key + " is the table's own", "Leave it out.");
  }
  if (StartsWithFolded(key, kConstraintPrefix)) {
    if (use == PropertyUse::kCreate) return {key, value};
    throw Error(ErrorKind::kInvalidArgument, "LK-4062",
                "a constraint is not added by the property " + key,
                "Use ALTER TABLE ... ADD CONSTRAINT.");
  }
  if (StartsWithFolded(key, kFeaturePrefix)) {
    if (Lower(value) != "supported" && Lower(value) != "enabled") {
      ThrowValue(key, value, "'supported'");
    }
    return {kFeaturePrefix + key.substr(std::string(kFeaturePrefix).size()), "supported"};
  }
  if (!StartsWithFolded(key, kDeltaPrefix)) return {key, value};
  for (const auto& [name, kind] : Known()) {
    if (Lower(name) == Lower(key)) return {name, CheckValue(name, kind, value)};
  }
  ThrowUnknown(key);
}

std::string ModeOf(const TableMetadata& metadata) {
  const auto found = metadata.properties.find(kMappingModeKey);
  return found == metadata.properties.end() ? "none" : found->second;
}

}  // namespace

std::map<std::string, std::string> CheckProperties(
    const std::map<std::string, std::string>& properties, PropertyUse use) {
  std::map<std::string, std::string> checked;
  for (const auto& [key, value] : properties) checked.insert(CheckOne(key, value, use));
  return checked;
}

void CheckRemoval(const std::string& key) {
  const auto found = Known().find(key);
  const bool own =
      key == kCreatedBy || (found != Known().end() && found->second.type == Kind::kSelf);
  if (own || key.starts_with(kFeaturePrefix)) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4062",
                "the property " + key + " cannot be taken away", "It is the table's own.");
  }
  if (key.starts_with(kConstraintPrefix)) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4062",
                "a constraint is not dropped by the property " + key,
                "Use ALTER TABLE ... DROP CONSTRAINT.");
  }
}

bool IsInternalProperty(const std::string& key) {
  const auto found = Known().find(key);
  return key == kCreatedBy || (found != Known().end() && found->second.type == Kind::kSelf);
}

void CheckPropertyChange(const TableMetadata& before, const TableMetadata& after) {
  const std::string from = ModeOf(before);
  const std::string to = ModeOf(after);
  if (from == to || (from == "none" && to == "name")) return;
  throw Error(ErrorKind::kInvalidArgument, "LK-4062",
              "delta.columnMapping.mode cannot change from " + from + " to " + to,
              "A table that is there can go from none to name.");
}

}  // namespace lakehouse::storage::delta
