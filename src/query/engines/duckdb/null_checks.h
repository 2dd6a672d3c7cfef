#pragma once

#include <arrow/type_fwd.h>

#include "storage/schema.h"

namespace lakehouse::query::duckdb {

/// InvalidArgument LK-4005 when a field of `schema`, at any depth, that must not be null is null in
/// a row of `batch`, which has the schema's columns. A field of a struct that is null itself is not
/// there, so it breaks nothing.
void CheckNulls(const arrow::RecordBatch& batch, const storage::Schema& schema);

}  // namespace lakehouse::query::duckdb
