#pragma once

#include "query/engines/duckdb/pch.h"
#include "storage/table.h"

namespace lakehouse::query::duckdb {

/// The engine's own Parquet scan, copied at start-up before its public name is dropped.
struct LakeScanInfo : dk::TableFunctionInfo {
  storage::SnapshotPtr snapshot;
  io::Location root;
};

inline constexpr char kScanName[] = "lake_scan";

/// A scan of `snapshot`: `parquet_scan` over the live files, with the table's types, partition
/// values as constants and files dropped by their statistics.
dk::TableFunction BindLakeScan(dk::ClientContext& context, const dk::TableFunction& parquet_scan,
                               storage::SnapshotPtr snapshot, io::Location root,
                               dk::unique_ptr<dk::FunctionData>& bind_data);

/// The columns beside the table's own ones: only the empty one, for COUNT(*).
dk::virtual_column_map_t LakeVirtualColumns();

}  // namespace lakehouse::query::duckdb
