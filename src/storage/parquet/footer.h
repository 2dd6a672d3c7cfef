#pragma once

#include <cstdint>
#include <memory>

#include "io/object_store.h"
#include "storage/snapshot.h"

namespace lakehouse::storage::parquet {

/// What the footer of a Parquet file says of its rows.
struct Footer {
  Schema schema;    ///< every column nullable
  FileStats stats;  ///< num_records, and bounds where the footer has some that hold
};

/// Reads no rows. Bounds are those of leaf columns outside of lists and maps; floats have none (a
/// footer does not tell of NaN), nor have columns of which a row group says nothing. Corruption
/// LK-3510 for a file that is cut or no Parquet, Unsupported LK-3504 for types that tables do not
/// have.
Footer ReadFooter(std::shared_ptr<io::ObjectReader> file);

}  // namespace lakehouse::storage::parquet
