#include "storage/row_rules.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "storage/field_keys.h"
#include "storage/mapping_keys.h"

namespace lakehouse::storage {
namespace {

bool AnyHas(const std::vector<Field>& fields, const char* key) {
  return std::any_of(fields.begin(), fields.end(), [&](const Field& field) {
    return field.metadata.count(key) > 0 || AnyHas(field.type->fields(), key);
  });
}

bool IsTrue(const TableMetadata& metadata, const char* key) {
  const auto found = metadata.properties.find(key);
  if (found == metadata.properties.end()) return false;
  std::string value = found->second;
  std::transform(value.begin(), value.end(), value.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return value == "true";
}

bool HasConstraint(const TableMetadata& metadata) {
  const auto found = metadata.properties.lower_bound(kConstraintPrefix);
  return found != metadata.properties.end() && found->first.starts_with(kConstraintPrefix);
}

}  // namespace

RowRules RulesOf(const TableMetadata& metadata) {
  const auto& fields = metadata.schema.fields;
  RowRules rules;
  rules.constraints = HasConstraint(metadata) || AnyHas(fields, "delta.invariants");
  rules.generated = AnyHas(fields, kGenerationKey);
  rules.identity = AnyHas(fields, kIdentityStartKey);
  rules.defaults = AnyHas(fields, kDefaultKey);
  const auto mode = metadata.properties.find(kMappingModeKey);
  rules.column_mapping = mode != metadata.properties.end() && mode->second != "none";
  rules.change_feed = IsTrue(metadata, "delta.enableChangeDataFeed");
  rules.row_ids = IsTrue(metadata, "delta.enableRowTracking");
  return rules;
}

std::vector<std::string> MissingRules(const RowRules& needed, const RowRules& kept) {
  std::vector<std::string> missing;
  const auto check = [&](bool RowRules::* rule, const char* name) {
    if (needed.*rule && !(kept.*rule)) missing.push_back(name);
  };
  check(&RowRules::constraints, "checkConstraints");
  check(&RowRules::generated, "generatedColumns");
  check(&RowRules::identity, "identityColumns");
  check(&RowRules::defaults, "allowColumnDefaults");
  check(&RowRules::column_mapping, "columnMapping");
  check(&RowRules::change_feed, "changeDataFeed");
  check(&RowRules::row_ids, "rowTracking");
  return missing;
}

void CheckRowRules(const RowRules& needed, const RowRules& kept) {
  const std::vector<std::string> missing = MissingRules(needed, kept);
  if (missing.empty()) return;
  throw Error(
      ErrorKind::kUnsupported, "LK-3020",
      "the table has rules for its rows that this way of writing does not keep: " + missing.front(),
      "Write the rows with SQL, or with an engine that has the feature.");
}

}  // namespace lakehouse::storage
