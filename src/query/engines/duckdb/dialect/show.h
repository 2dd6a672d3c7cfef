#pragma once

#include <optional>

#include "query/engines/duckdb/dialect/dialect.h"

namespace lakehouse::query::duckdb::dialect {

class Cursor;

/// What follows SHOW; nothing when it is not one of ours.
std::optional<Show> ParseShow(Cursor& cursor);

/// What follows DESCRIBE. Unsupported LK-4012 for what is no table or column.
Describe ParseDescribe(Cursor& cursor);

}  // namespace lakehouse::query::duckdb::dialect
