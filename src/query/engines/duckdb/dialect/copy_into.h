#pragma once

#include "query/engines/duckdb/dialect/cursor.h"
#include "query/engines/duckdb/dialect/dialect.h"

namespace lakehouse::query::duckdb::dialect {

/// What follows COPY INTO: name FROM 'place' FILEFORMAT = format [FILES = ('a', ..) | PATTERN =
/// '*'] [FORMAT_OPTIONS (..)] [COPY_OPTIONS (..)]
CopyInto ParseCopyInto(Cursor& cursor);

}  // namespace lakehouse::query::duckdb::dialect
