#pragma once

#include <map>
#include <string>

#include "catalog/lake.h"

namespace lakehouse::query::duckdb {

/// The CREATE TABLE that makes a table like this one.
std::string CreateStatementOf(const catalog::ResolvedObject& object);

/// "DEFAULT 1", "GENERATED ALWAYS AS (a + 1)", "GENERATED ALWAYS AS IDENTITY (..)"; empty for a
/// column without one of them.
std::string ValueClause(const storage::Field& field);

/// Expressions of CHECK constraints, by name.
std::map<std::string, std::string> ConstraintsOf(const storage::TableMetadata& metadata);

}  // namespace lakehouse::query::duckdb
