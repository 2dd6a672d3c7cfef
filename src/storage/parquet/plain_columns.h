#pragma once

#include <arrow/type_fwd.h>

#include <string>
#include <vector>

namespace lakehouse::storage::parquet {

/// The columns of a file that a dictionary would not make smaller, because nearly all of the first
/// rows differ in them: `rows` begin the file, which has the
/// names of `schema`. A table of all values of such a
/// column costs more time and memory than the rest of writing it. Few rows tell nothing; columns
/// with parts (structs, lists, maps) are left out.
std::vector<std::string> PlainColumns(const arrow::RecordBatch& rows, const arrow::Schema& schema);

}  // namespace lakehouse::storage::parquet
