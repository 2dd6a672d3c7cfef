#pragma once

#include "query/engines/duckdb/dialect/cursor.h"
#include "query/engines/duckdb/dialect/definitions.h"

namespace lakehouse::query::duckdb::dialect {

/// What follows ALTER TABLE, in Spark's or DuckDB's spelling. Unsupported LK-4012 for changes that
/// tables of the lakehouse do not have, by their names.
AlterTable ParseAlterTable(Cursor& cursor);

/// What follows COMMENT ON TABLE, and COMMENT ON COLUMN.
AlterTable ParseCommentOnTable(Cursor& cursor);
AlterTable ParseCommentOnColumn(Cursor& cursor);

}  // namespace lakehouse::query::duckdb::dialect
