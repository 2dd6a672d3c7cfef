#include "catalog/metadata/name_repository.h"

#include "base/error.h"
#include "catalog/metadata/announced_tables.h"
#include "catalog/metadata/properties_json.h"
#include "catalog/metadata/sqlite_database.h"

namespace lakehouse::catalog::metadata {
namespace {

const std::string kObjectColumns =
    "SELECT o.id, c.name, s.name, o.name, o.kind, o.format, o.location, o.view_sql, o.comment, "
    "o.owner, "
    "o.created_ms, o.properties FROM objects o JOIN schemas s ON s.id = o.schema_id "
    "JOIN catalogs c ON c.id = s.catalog_id ";
const std::string kSchemaColumns =
    "SELECT c.name, s.name, s.comment, s.owner, s.created_ms, s.properties "
    "FROM schemas s JOIN catalogs c ON c.id = s.catalog_id ";

std::string_view KindText(ObjectKind kind) { return kind == ObjectKind::kView ? "view" : "table"; }

std::string Dotted(const std::string& catalog, const std::string& schema) {
  return ObjectName{catalog, schema, ""}.ToString();
}

ObjectInfo ReadObject(const Statement& row) {
  ObjectInfo object;
  object.id = row.Text(0);
  object.name = {row.Text(1), row.Text(2), row.Text(3)};
  object.kind = row.Text(4) == "view" ? ObjectKind::kView : ObjectKind::kTable;
  object.format = row.Text(5);
  object.location = row.Text(6);
  object.view_sql = row.Text(7);
  object.comment = row.Text(8);
  object.owner = row.Text(9);
  object.created_ms = row.Integer(10);
  object.properties = FromJson(row.Text(11));
  return object;
}

SchemaInfo ReadSchema(const Statement& row) {
  return {row.Text(0), row.Text(1),    row.Text(2),
          row.Text(3), row.Integer(4), FromJson(row.Text(5))};
}

std::optional<int64_t> CatalogId(Database& database, const std::string& catalog) {
  Statement row = database.Query("SELECT id FROM catalogs WHERE folded = ?", FoldCase(catalog));
  if (!row.Step()) return std::nullopt;
  return row.Integer(0);
}

int64_t RequireCatalog(Database& database, const std::string& catalog) {
  const auto id = CatalogId(database, catalog);
  if (!id) {
    throw Error(ErrorKind::kNotFound, "LK-2010", "there is no catalog \"" + catalog + "\"",
                "SHOW CATALOGS lists what there is.");
  }
  return *id;
}

std::optional<int64_t> SchemaId(Database& database, int64_t catalog_id, const std::string& schema) {
  Statement row = database.Query("SELECT id FROM schemas WHERE catalog_id = ? AND folded = ?",
                                 catalog_id, FoldCase(schema));
  if (!row.Step()) return std::nullopt;
  return row.Integer(0);
}

int64_t RequireSchema(Database& database, const std::string& catalog, const std::string& schema) {
  const auto id = SchemaId(database, RequireCatalog(database, catalog), schema);
  if (!id) {
    throw Error(ErrorKind::kNotFound, "LK-2011", "there is no schema " + Dotted(catalog, schema),
                "SHOW SCHEMAS lists what there is; CREATE SCHEMA makes one.");
  }
  return *id;
}

[[noreturn]] void NoObject(const std::string& name) {
  throw Error(ErrorKind::kNotFound, "LK-2012", "there is no table or view " + name,
              "SHOW TABLES lists what there is.");
}

[[noreturn]] void Exists(const std::string& what, const std::string& hint) {
  throw Error(ErrorKind::kAlreadyExists, "LK-2013", what + " exists already", hint);
}

int64_t Count(Database& database, const std::string& sql, int64_t id) {
  Statement row = database.Query(sql, id);
  row.Step();
  return row.Integer(0);
}

/// One location has one name: a DROP of one name must never take the data of another.
void RequireFreeLocation(Database& database, const ObjectInfo& object) {
  if (object.location.empty()) return;
  const auto other = FindObjectByLocation(database, object.location);
  if (other && other->id != object.id) {
    Exists("a name for location " + object.location + ", " + other->name.ToString() + ",",
           "Use that name, or drop it first.");
  }
}

}  // namespace

std::vector<std::string> ListCatalogs(Database& database) {
  std::vector<std::string> names;
  Statement row = database.Query("SELECT name FROM catalogs ORDER BY folded");
  while (row.Step()) names.push_back(row.Text(0));
  return names;
}

bool CreateCatalog(Database& database, const std::string& name, int64_t created_ms,
                   bool if_not_exists) {
  if (CatalogId(database, name)) {
    if (if_not_exists) return false;
    Exists("catalog \"" + name + "\"", "Choose another name, or use IF NOT EXISTS.");
  }
  database.Run("INSERT INTO catalogs (name, folded, created_ms) VALUES (?, ?, ?)", name,
               FoldCase(name), created_ms);
  return true;
}

void DropCatalog(Database& database, const std::string& name) {
  const int64_t id = RequireCatalog(database, name);
  const int64_t schemas = Count(database, "SELECT count(*) FROM schemas WHERE catalog_id = ?", id);
  if (schemas > 0) {
    throw Error(
        ErrorKind::kInvalidArgument, "LK-2014",
        "catalog \"" + name + "\" is not empty: it has " + std::to_string(schemas) + " schemas",
        "Drop its schemas first.");
  }
  database.Run("DELETE FROM catalogs WHERE id = ?", id);
}

std::vector<SchemaInfo> ListSchemas(Database& database, const std::string& catalog) {
  std::vector<SchemaInfo> schemas;
  Statement row = database.Query(kSchemaColumns + "WHERE c.id = ? ORDER BY s.folded",
                                 RequireCatalog(database, catalog));
  while (row.Step()) schemas.push_back(ReadSchema(row));
  return schemas;
}

std::optional<SchemaInfo> FindSchema(Database& database, const std::string& catalog,
                                     const std::string& schema) {
  Statement row = database.Query(kSchemaColumns + "WHERE c.folded = ? AND s.folded = ?",
                                 FoldCase(catalog), FoldCase(schema));
  if (!row.Step()) return std::nullopt;
  return ReadSchema(row);
}

bool CreateSchema(Database& database, const SchemaInfo& schema, bool if_not_exists) {
  const int64_t catalog_id = RequireCatalog(database, schema.catalog);
  if (SchemaId(database, catalog_id, schema.name)) {
    if (if_not_exists) return false;
    Exists("schema " + Dotted(schema.catalog, schema.name),
           "Choose another name, or use IF NOT EXISTS.");
  }
  database.Run(
      "INSERT INTO schemas (catalog_id, name, folded, comment, owner, created_ms, properties) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)",
      catalog_id, schema.name, FoldCase(schema.name), schema.comment, schema.owner,
      schema.created_ms, ToJson(schema.properties));
  return true;
}

void DropSchema(Database& database, const std::string& catalog, const std::string& schema,
                bool cascade) {
  const int64_t id = RequireSchema(database, catalog, schema);
  const int64_t objects = Count(database, "SELECT count(*) FROM objects WHERE schema_id = ?", id);
  if (objects > 0 && !cascade) {
    throw Error(ErrorKind::kInvalidArgument, "LK-2014",
                "schema " + Dotted(catalog, schema) + " is not empty: it has " +
                    std::to_string(objects) + " tables or views",
                "Drop them first, or use DROP SCHEMA ... CASCADE (the data files stay).");
  }
  database.Run("DELETE FROM schemas WHERE id = ?", id);
}

std::vector<ObjectInfo> ListObjects(Database& database, const std::string& catalog,
                                    const std::string& schema) {
  std::vector<ObjectInfo> objects;
  Statement row = database.Query(kObjectColumns + "WHERE s.id = ? ORDER BY o.folded",
                                 RequireSchema(database, catalog, schema));
  while (row.Step()) objects.push_back(ReadObject(row));
  return objects;
}

std::optional<ObjectInfo> FindObject(Database& database, const ObjectName& name) {
  Statement row =
      database.Query(kObjectColumns + "WHERE c.folded = ? AND s.folded = ? AND o.folded = ?",
                     FoldCase(name.catalog), FoldCase(name.schema), FoldCase(name.name));
  if (!row.Step()) return std::nullopt;
  return ReadObject(row);
}

std::optional<ObjectInfo> FindObjectByLocation(Database& database, const std::string& location) {
  if (location.empty()) return std::nullopt;
  // The second condition is what lets SQLite use the index of locations.
  Statement row =
      database.Query(kObjectColumns + "WHERE o.location = ? AND o.location <> ''", location);
  if (!row.Step()) return std::nullopt;
  return ReadObject(row);
}

ObjectInfo CreateObject(Database& database, const ObjectInfo& object, bool or_replace) {
  const int64_t schema_id = RequireSchema(database, object.name.catalog, object.name.schema);
  ObjectInfo stored = object;
  if (const auto existing = FindObject(database, object.name)) {
    if (!or_replace || existing->kind != object.kind) {
      Exists(std::string(KindText(existing->kind)) + " " + existing->name.ToString(),
             "Choose another name, or drop it first.");
    }
    stored.id = existing->id;
    stored.created_ms = existing->created_ms;
  }
  RequireFreeLocation(database, stored);
  database.Run(
      "INSERT INTO objects (id, schema_id, name, folded, kind, format, location, view_sql, "
      "comment, "
      "owner, created_ms, properties) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (schema_id, folded) DO UPDATE SET name = excluded.name, format = "
      "excluded.format, "
      "location = excluded.location, view_sql = excluded.view_sql, comment = excluded.comment, "
      "owner = excluded.owner, properties = excluded.properties",
      stored.id, schema_id, stored.name.name, FoldCase(stored.name.name), KindText(stored.kind),
      stored.format, stored.location, stored.view_sql, stored.comment, stored.owner,
      stored.created_ms, ToJson(stored.properties));
  if (!stored.location.empty()) ForgetAnnounced(database, stored.location);
  return *FindObject(database, stored.name);
}

void DropObject(Database& database, const ObjectName& name) {
  const auto object = FindObject(database, name);
  if (!object) NoObject(name.ToString());
  database.Run("DELETE FROM objects WHERE id = ?", object->id);
}

void RenameObject(Database& database, const ObjectName& from, const ObjectName& to) {
  const auto object = FindObject(database, from);
  if (!object) NoObject(from.ToString());
  const int64_t schema_id = RequireSchema(database, to.catalog, to.schema);
  const auto other = FindObject(database, to);
  if (other && other->id != object->id) {
    Exists(std::string(KindText(other->kind)) + " " + other->name.ToString(),
           "Choose another name, or drop it first.");
  }
  database.Run("UPDATE objects SET schema_id = ?, name = ?, folded = ? WHERE id = ?", schema_id,
               to.name, FoldCase(to.name), object->id);
}

void UpdateObject(Database& database, const ObjectInfo& object) {
  const int64_t changed =
      database.Run("UPDATE objects SET comment = ?, properties = ?, owner = ? WHERE id = ?",
                   object.comment, ToJson(object.properties), object.owner, object.id);
  if (changed == 0) NoObject(object.name.ToString());
}

}  // namespace lakehouse::catalog::metadata
