#include "catalog/metadata/migrations.h"

#include <array>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "catalog/metadata/sqlite_database.h"
#include "security/digest.h"

namespace lakehouse::catalog::metadata {
namespace {

constexpr std::array kMigrations = {
    Migration{1, "names", R"sql(
CREATE TABLE catalogs (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  folded TEXT NOT NULL UNIQUE,
  created_ms INTEGER NOT NULL);
CREATE TABLE schemas (
  id INTEGER PRIMARY KEY,
  catalog_id INTEGER NOT NULL REFERENCES catalogs (id),
  name TEXT NOT NULL,
  folded TEXT NOT NULL,
  comment TEXT NOT NULL,
  owner TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  properties TEXT NOT NULL,
  UNIQUE (catalog_id, folded));
CREATE TABLE objects (
  id TEXT PRIMARY KEY,
  schema_id INTEGER NOT NULL REFERENCES schemas (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  folded TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('table', 'view')),
  format TEXT NOT NULL,
  location TEXT NOT NULL,
  view_sql TEXT NOT NULL,
  comment TEXT NOT NULL,
  owner TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  properties TEXT NOT NULL,
  UNIQUE (schema_id, folded));
CREATE UNIQUE INDEX objects_location ON objects (location) WHERE location <> '';
)sql"},
    Migration{2, "jobs", R"sql(
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  folded TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  configuration TEXT NOT NULL,
  owner TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  enabled INTEGER NOT NULL);
CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  started_ms INTEGER NOT NULL,
  finished_ms INTEGER NOT NULL,
  error_code TEXT NOT NULL,
  error_message TEXT NOT NULL,
  metrics TEXT NOT NULL);
CREATE INDEX runs_by_job ON runs (job_id, started_ms, id);
)sql"},
    Migration{3, "tokens and values", R"sql(
CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  principal TEXT NOT NULL,
  roles TEXT NOT NULL,
  description TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL);
CREATE TABLE named_values (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL);
)sql"},
    Migration{4, "kinds and hints of errors", R"sql(
ALTER TABLE runs ADD COLUMN error_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN error_hint TEXT NOT NULL DEFAULT '';
)sql"},
};

[[noreturn]] void Damaged(const Database& database, const std::string& why) {
  throw Error(
      ErrorKind::kCorruption, "LK-2021", "metadata store " + database.file() + ": " + why,
      "Restore the file from a backup, or move it away and run `lakehouse catalog rebuild`.");
}

/// Creates the table of applied migrations in a new, empty database.
void Begin(Database& database) {
  Statement tables = database.Query(
      "SELECT count(*), coalesce(sum(name = 'schema_migrations'), 0) FROM sqlite_master "
      "WHERE type = 'table'");
  tables.Step();
  if (tables.Integer(1) > 0) return;
  if (tables.Integer(0) > 0) Damaged(database, "this is the database of another program");
  database.Execute(
      "CREATE TABLE schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, "
      "checksum TEXT NOT NULL, applied_ms INTEGER NOT NULL)");
}

/// How many migrations are in the database, after checking each of them.
size_t CheckApplied(Database& database) {
  size_t count = 0;
  Statement applied =
      database.Query("SELECT number, name, checksum FROM schema_migrations ORDER BY number");
  for (; applied.Step(); ++count) {
    if (count == kMigrations.size()) {
      throw Error(ErrorKind::kUnsupported, "LK-2020",
                  "metadata store " + database.file() + " has schema " +
                      std::to_string(applied.Integer(0)) + " (" + applied.Text(1) +
                      "), this program knows up to " + std::to_string(kMigrations.size()),
                  "Use the version of lakehouse that wrote it, or a later one.");
    }
    const Migration& known = kMigrations[count];
    if (applied.Integer(0) != known.number || applied.Text(2) != security::Sha256Hex(known.sql)) {
      Damaged(database, "migration " + std::to_string(applied.Integer(0)) + " (" + applied.Text(1) +
                            ") is not the one that this program knows");
    }
  }
  return count;
}

void CheckIntegrity(Database& database) {
  Statement check = database.Query("PRAGMA quick_check(1)");
  if (!check.Step() || check.Text(0) != "ok") Damaged(database, check.Text(0));
}

}  // namespace

std::vector<std::string> FindDamage(Database& database) {
  constexpr size_t kMaxLines = 20;
  std::vector<std::string> damage;
  Statement pages = database.Query("PRAGMA integrity_check(20)");
  while (damage.size() < kMaxLines && pages.Step()) {
    if (pages.Text(0) != "ok") damage.push_back(pages.Text(0));
  }
  Statement references = database.Query("PRAGMA foreign_key_check");
  while (damage.size() < kMaxLines && references.Step()) {
    damage.push_back("a row of " + references.Text(0) + " names a row of " + references.Text(2) +
                     " that is not there");
  }
  return damage;
}

std::span<const Migration> Migrations() { return kMigrations; }

void Migrate(Database& database, const Clock& clock) {
  CheckIntegrity(database);
  // Two processes that open a new store at once: the second waits here and finds the work done.
  database.Execute("BEGIN IMMEDIATE");
  try {
    Begin(database);
    for (size_t next = CheckApplied(database); next < kMigrations.size(); ++next) {
      const Migration& migration = kMigrations[next];
      database.Execute(migration.sql);
      database.Run("INSERT INTO schema_migrations VALUES (?, ?, ?, ?)", migration.number,
                   std::string_view(migration.name), security::Sha256Hex(migration.sql),
                   clock.NowMs());
    }
    database.Execute("COMMIT");
  } catch (...) {
    if (database.InTransaction()) database.Execute("ROLLBACK");
    throw;
  }
}

}  // namespace lakehouse::catalog::metadata
