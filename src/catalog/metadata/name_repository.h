#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/metadata/metadata_store.h"

namespace lakehouse::catalog::metadata {

class Database;

// Catalogs, schemas, tables and views. Each function is part of the caller's transaction; the
// errors are those of MetadataStore.

std::vector<std::string> ListCatalogs(Database& database);
bool CreateCatalog(Database& database, const std::string& name, int64_t created_ms,
                   bool if_not_exists);
void DropCatalog(Database& database, const std::string& name);

std::vector<SchemaInfo> ListSchemas(Database& database, const std::string& catalog);
std::optional<SchemaInfo> FindSchema(Database& database, const std::string& catalog,
                                     const std::string& schema);
bool CreateSchema(Database& database, const SchemaInfo& schema, bool if_not_exists);
void DropSchema(Database& database, const std::string& catalog, const std::string& schema,
                bool cascade);

std::vector<ObjectInfo> ListObjects(Database& database, const std::string& catalog,
                                    const std::string& schema);
std::optional<ObjectInfo> FindObject(Database& database, const ObjectName& name);
std::optional<ObjectInfo> FindObjectByLocation(Database& database, const std::string& location);
/// Gives the stored object, with the spelling of its catalog and schema.
ObjectInfo CreateObject(Database& database, const ObjectInfo& object, bool or_replace);
void DropObject(Database& database, const ObjectName& name);
void RenameObject(Database& database, const ObjectName& from, const ObjectName& to);
void UpdateObject(Database& database, const ObjectInfo& object);

}  // namespace lakehouse::catalog::metadata
