#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/error.h"
#include "query/engines/duckdb/identity.h"
#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// Gives the columns in `info`, those of `schema`, their defaults: CURRENT_DEFAULT, and for an
/// identity column the next number of `identities`; for a generated column that it is to be
/// computed. Returns why a default cannot be kept
/// (Unsupported LK-3020): the table can be read, and not be written.
std::optional<Error> DescribeDefaults(const std::string& table_uri, const storage::Schema& schema,
                                      Identities& identities, dk::CreateTableInfo& info);

/// Positions of the identity columns whose values are always generated. LK-3020 as IdentityOf.
std::set<size_t> AlwaysIdentity(const storage::Schema& schema);

/// How many of the rows have the keyword DEFAULT for a column.
enum class DefaultsOf { kNoRow, kSomeRows, kEveryRow };

/// In how many rows `function` (of identity.h) gives column `column` of what `rows` gives.
DefaultsOf DefaultsIn(const dk::PhysicalOperator& rows, dk::idx_t column, const char* function);

/// InvalidArgument LK-4043: `column` is always generated and was given a value.
[[noreturn]] void ThrowIdentityValue(const std::string& column);

}  // namespace lakehouse::query::duckdb
