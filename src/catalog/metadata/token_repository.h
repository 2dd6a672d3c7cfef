#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/metadata/metadata_store.h"

namespace lakehouse::catalog::metadata {

class Database;

// Tokens (their hashes) and small named values. Each function is part of the caller's transaction.

/// Inserts, or replaces the one with its id. AlreadyExists LK-2013 when another token has the hash.
void SaveToken(Database& database, const TokenRecord& token);
std::optional<TokenRecord> FindTokenByHash(Database& database, const std::string& hash);
std::vector<TokenRecord> ListTokens(Database& database);
/// NotFound LK-2017.
void DeleteToken(Database& database, const std::string& id);

std::optional<std::string> GetValue(Database& database, const std::string& key);
void SetValue(Database& database, const std::string& key, const std::string& value);

}  // namespace lakehouse::catalog::metadata
