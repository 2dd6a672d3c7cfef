#include "catalog/metadata/announced_tables.h"

#include <charconv>

#include "catalog/metadata/properties_json.h"
#include "catalog/metadata/sqlite_database.h"

namespace lakehouse::catalog::metadata {
namespace {

/// Before the location, among the named values.
const std::string kPrefix = "creating.";

}  // namespace

void Announce(Database& database, const ObjectInfo& table) {
  const std::map<std::string, std::string> texts = {
      {"catalog", table.name.catalog}, {"schema", table.name.schema},
      {"name", table.name.name},       {"comment", table.comment},
      {"owner", table.owner},          {"created_ms", std::to_string(table.created_ms)}};
  database.Run(
      "INSERT INTO named_values (name, value) VALUES (?, ?) "
      "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      kPrefix + table.location, ToJson(texts));
}

std::vector<ObjectInfo> ListAnnounced(Database& database) {
  std::vector<ObjectInfo> tables;
  // '/' is the character behind '.'.
  Statement row = database.Query(
      "SELECT name, value FROM named_values WHERE name >= 'creating.' AND name < 'creating/'");
  while (row.Step()) {
    auto texts = FromJson(row.Text(1));
    ObjectInfo table;
    table.location = row.Text(0).substr(kPrefix.size());
    table.name = {texts["catalog"], texts["schema"], texts["name"]};
    table.comment = texts["comment"];
    table.owner = texts["owner"];
    const std::string& created = texts["created_ms"];
    std::from_chars(created.data(), created.data() + created.size(), table.created_ms);
    tables.push_back(std::move(table));
  }
  return tables;
}

void ForgetAnnounced(Database& database, const std::string& location) {
  database.Run("DELETE FROM named_values WHERE name = ?", kPrefix + location);
}

}  // namespace lakehouse::catalog::metadata
