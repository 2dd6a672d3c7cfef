#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "storage/schema.h"

namespace lakehouse::storage {

/// The Arrow form of a table's rows: timestamp -> timestamp[us, tz=UTC], timestampNtz ->
/// timestamp[us], string -> utf8, binary -> binary, decimal -> decimal128. Field metadata is left
/// out, but a field id
/// ("delta.columnMapping.id") becomes PARQUET:field_id.
std::shared_ptr<arrow::Schema> ToArrow(const Schema& schema);
std::shared_ptr<arrow::DataType> ToArrow(const DataType& type);

/// The table type of Arrow columns: dictionary -> its value type, large_* and *_view -> plain,
/// unsigned -> next wider signed (uint64 -> decimal(20,0)), other timestamp units -> microseconds,
/// time -> Unsupported. Throws Unsupported LK-3504 with the column's name for types that tables do
/// not have.
Schema FromArrow(const arrow::Schema& schema);

}  // namespace lakehouse::storage
