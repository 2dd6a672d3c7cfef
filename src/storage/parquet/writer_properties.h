#pragma once

#include <parquet/properties.h>

#include <cstdint>
#include <memory>
#include <string>

namespace lakehouse::storage::parquet {

/// Files that every reader takes: format 2.6, data pages v1, statistics on.
/// InvalidArgument LK-3522 for a codec that is not there.
std::shared_ptr<::parquet::WriterProperties> MakeWriterProperties(const std::string& compression,
                                                                  int64_t row_group_rows);
std::shared_ptr<::parquet::ArrowWriterProperties> MakeArrowProperties();

}  // namespace lakehouse::storage::parquet
