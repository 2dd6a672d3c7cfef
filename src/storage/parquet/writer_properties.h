#pragma once

#include <parquet/properties.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lakehouse::storage::parquet {

/// Files that every reader takes: format 2.6, data pages v1, statistics on.
/// InvalidArgument LK-3522 for a codec that is not there.
/// `plain`: columns without a dictionary.
std::shared_ptr<::parquet::WriterProperties> MakeWriterProperties(
    const std::string& compression, int64_t row_group_rows,
    const std::vector<std::string>& plain = {});
/// `threads`: columns are written by several.
std::shared_ptr<::parquet::ArrowWriterProperties> MakeArrowProperties(bool threads = true);

}  // namespace lakehouse::storage::parquet
