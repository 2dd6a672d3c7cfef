#pragma once

#include <map>
#include <vector>

#include "query/engines/duckdb/pch.h"
#include "query/engines/duckdb/read_predicate.h"
#include "storage/row_set.h"
#include "storage/table.h"

namespace lakehouse::query::duckdb {

class LakeTable;

/// A part of a snapshot: some of its files, without some of their rows.
struct ScanSelection {
  std::vector<size_t> files;                 ///< indexes in the snapshot
  std::map<size_t, storage::RowSet> hidden;  ///< by index of the file
};
using ScanSelectionPtr = std::shared_ptr<const ScanSelection>;

/// What a scan reads. The engine's own Parquet scan carries it; that was copied at start-up before
/// its public name was dropped.
struct LakeScanInfo : dk::TableFunctionInfo {
  storage::SnapshotPtr snapshot;
  io::Location root;
  ScanSelectionPtr selection;         ///< null: everything
  dk::optional_ptr<LakeTable> table;  ///< lives as long as the statement
  std::shared_ptr<ScanRead> read;     ///< what the scan reads; null: nobody asks
  /// Of the engine's own scan.
  dk::table_function_init_global_t init_global = nullptr;
  dk::table_function_init_local_t init_local = nullptr;
};

/// The virtual column with the index of a row's file in the snapshot; with the engine's
/// file_row_number it names a row.
inline constexpr dk::column_t kFileColumn = (dk::column_t{1} << 63) + 4096;

inline constexpr char kScanName[] = "lake_scan";

/// A scan of `snapshot`: `parquet_scan` over the live files, with the table's types, partition
/// values as constants and files dropped by their statistics.
dk::TableFunction BindLakeScan(dk::ClientContext& context, const dk::TableFunction& parquet_scan,
                               LakeScanInfo what, dk::unique_ptr<dk::FunctionData>& bind_data);

/// The columns beside the table's own ones: the empty one, for COUNT(*), and those that name a row.
dk::virtual_column_map_t LakeVirtualColumns();

}  // namespace lakehouse::query::duckdb
