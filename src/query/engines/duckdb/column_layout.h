#pragma once

#include "query/engines/duckdb/pch.h"
#include "storage/column_mapping.h"

namespace lakehouse::query::duckdb {

using FileColumns = dk::vector<dk::MultiFileColumnDefinition>;

/// The columns of a table for a scan of files that have them by name; a file without a column has
/// nulls there.
FileColumns DescribeFileColumns(const storage::Schema& schema);

/// Must the columns be looked up in each file? With a column mapping, and for structs, which may
/// have other fields, or fields of other types, in an old file.
bool NeedsResolving(const storage::Schema& schema, storage::ColumnMapping mapping);

/// DescribeFileColumns with the names that the columns, at every depth, have in one file;
/// `in_file` is the file's own description.
FileColumns ResolveColumns(const storage::Schema& schema, storage::ColumnMapping mapping,
                           const FileColumns& in_file);

}  // namespace lakehouse::query::duckdb
