#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lakehouse {
class Clock;
}

namespace lakehouse::catalog::metadata {

class Database;

/// One step forward of the SQL schema. A published one never changes: its checksum is in every
/// database.
struct Migration {
  int64_t number;  ///< 1, 2, 3, ...
  const char* name;
  const char* sql;
};

/// All of them, in order.
std::span<const Migration> Migrations();

/// Brings `database` to the newest schema in one transaction, and checks what was applied before.
/// Unsupported LK-2020 when the database is newer than this program; Corruption LK-2021 when it is
/// not a metadata store, fails SQLite's own check, or an applied migration is not the one we know.
void Migrate(Database& database, const Clock& clock);

/// What SQLite's full check and the check of references find, one line each, at most 20.
std::vector<std::string> FindDamage(Database& database);

}  // namespace lakehouse::catalog::metadata
