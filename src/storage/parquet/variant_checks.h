#pragma once

#include <arrow/type_fwd.h>

#include "storage/schema.h"

namespace lakehouse::storage::parquet {

/// Rows whose variants lack a part would be damaged in the file: InvalidSchema LK-3521. Writers
/// that know nothing of variants give such rows; those of SQL are whole.
void CheckVariantParts(const arrow::RecordBatch& rows, const Schema& schema);

}  // namespace lakehouse::storage::parquet
