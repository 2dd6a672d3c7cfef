#pragma once

#include <vector>

#include "query/engines/duckdb/dialect/dialect.h"
#include "query/engines/duckdb/pch.h"
#include "storage/schema.h"

namespace lakehouse::query::duckdb {

/// The table that an UPDATE or MERGE changes, or the one of an EXPLAIN of it.
dk::BaseTableRef& ChangedTable(dk::SQLStatement& statement);

/// Makes of the assignments to fields of structs (SET s.a = 1, s.b.c = 2), which `statement` has as
/// FieldColumns, one assignment to each column of `schema` that they are in: what is not set stays.
/// A struct that is null becomes one whose other fields are null. InvalidArgument LK-4002 for a
/// column or field that is not there, LK-4084 for two assignments to one place, Unsupported LK-4012
/// for DEFAULT.
void SetWholeColumns(dk::SQLStatement& statement, const std::vector<dialect::FieldTarget>& fields,
                     const storage::Schema& schema);

}  // namespace lakehouse::query::duckdb
