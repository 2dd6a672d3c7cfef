#include "catalog/metadata/token_repository.h"

#include "base/error.h"
#include "catalog/metadata/sqlite_database.h"

namespace lakehouse::catalog::metadata {
namespace {

const std::string kTokenColumns =
    "SELECT id, hash, principal, roles, description, created_ms, expires_ms FROM tokens ";

TokenRecord ReadToken(const Statement& row) {
  return {row.Text(0), row.Text(1),    row.Text(2),   row.Text(3),
          row.Text(4), row.Integer(5), row.Integer(6)};
}

}  // namespace

void SaveToken(Database& database, const TokenRecord& token) {
  const auto other = FindTokenByHash(database, token.hash);
  if (other && other->id != token.id) {
    throw Error(ErrorKind::kAlreadyExists, "LK-2013",
                "token " + other->id + " has the same hash as the new one",
                "Generate another token.");
  }
  database.Run(
      "INSERT INTO tokens (id, hash, principal, roles, description, created_ms, expires_ms) "
      "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, "
      "principal = excluded.principal, roles = excluded.roles, description = excluded.description, "
      "expires_ms = excluded.expires_ms",
      token.id, token.hash, token.principal, token.roles, token.description, token.created_ms,
      token.expires_ms);
}

std::optional<TokenRecord> FindTokenByHash(Database& database, const std::string& hash) {
  Statement row = database.Query(kTokenColumns + "WHERE hash = ?", hash);
  if (!row.Step()) return std::nullopt;
  return ReadToken(row);
}

std::vector<TokenRecord> ListTokens(Database& database) {
  std::vector<TokenRecord> tokens;
  Statement row = database.Query(kTokenColumns + "ORDER BY created_ms, id");
  while (row.Step()) tokens.push_back(ReadToken(row));
  return tokens;
}

void DeleteToken(Database& database, const std::string& id) {
  if (database.Run("DELETE FROM tokens WHERE id = ?", id) == 0) {
    throw Error(ErrorKind::kNotFound, "LK-2017", "there is no token with the id " + id,
                "List the tokens to see their ids.");
  }
}

std::optional<std::string> GetValue(Database& database, const std::string& key) {
  Statement row = database.Query("SELECT value FROM named_values WHERE name = ?", key);
  if (!row.Step()) return std::nullopt;
  return row.Text(0);
}

void SetValue(Database& database, const std::string& key, const std::string& value) {
  database.Run(
      "INSERT INTO named_values VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
      "excluded.value",
      key, value);
}

}  // namespace lakehouse::catalog::metadata
