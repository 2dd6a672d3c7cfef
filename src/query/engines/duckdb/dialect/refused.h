#pragma once

namespace lakehouse::query::duckdb::dialect {

class Cursor;

/// Unsupported LK-4012, with what to use, for statements of Spark and its kin that a lakehouse has
/// no meaning for.
void RefuseStatement(const Cursor& cursor);

}  // namespace lakehouse::query::duckdb::dialect
