#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "storage/column_mapping.h"
#include "storage/snapshot.h"

namespace lakehouse::storage::parquet {

/// How the columns of a table's data files are found, by its properties.
ColumnMapping MappingOf(const TableMetadata& metadata);

/// The name of a field in data files and partition values; its own one when it has no other
/// (columns that are not the table's, such as _change_type).
std::string NameInFiles(const Field& field, ColumnMapping mapping);

/// ToArrow with the names that fields at every depth have in data files, and their ids as
/// PARQUET:field_id. A field that must not be null may be so where the struct around it is null.
std::shared_ptr<arrow::Schema> ToArrowFiles(const std::vector<Field>& fields,
                                            ColumnMapping mapping);

/// The same rows under `schema`, which has the same types with other names.
std::shared_ptr<arrow::RecordBatch> Rename(const arrow::RecordBatch& rows,
                                           const std::shared_ptr<arrow::Schema>& schema);

}  // namespace lakehouse::storage::parquet
