#pragma once

#include <string>
#include <vector>

#include "catalog/metadata/metadata_store.h"

namespace lakehouse::catalog::metadata {

class Database;

// Tables whose log is about to be written, by location: kept until CreateObject gives the location
// its name, in the same transaction. Each function is part of the caller's transaction.

void Announce(Database& database, const ObjectInfo& table);
std::vector<ObjectInfo> ListAnnounced(Database& database);
void ForgetAnnounced(Database& database, const std::string& location);

}  // namespace lakehouse::catalog::metadata
