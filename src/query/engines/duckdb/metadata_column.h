#pragma once

#include <optional>
#include <string>

#include "query/engines/duckdb/scan.h"

namespace lakehouse::query::duckdb {

class LakeSession;

/// The column that tells where a row is: `_metadata`, as in Spark. It is no part of SELECT *, and a
/// column of the table with that name hides it.
inline constexpr dk::column_t kMetadataColumn = kFileColumn + 1;
inline constexpr char kMetadataName[] = "_metadata";

/// STRUCT(file_path, file_name, file_size, file_modification_time, row_index)
dk::LogicalType MetadataType();

/// What `_metadata` says of the file `index` of the snapshot in one of its fields; nothing for
/// row_index, which is another one in every row.
std::optional<dk::Value> MetadataOf(const LakeScanInfo& scanned, LakeSession& session, size_t index,
                                    const std::string& field);

/// The value of `_metadata` in a scan of one file, where column `row_number` of the scan has the
/// number of the row.
dk::unique_ptr<dk::Expression> MetadataExpression(dk::ClientContext& context,
                                                  const LakeScanInfo& scanned, size_t index,
                                                  dk::idx_t row_number);

}  // namespace lakehouse::query::duckdb
