#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "storage/parquet/column_stats.h"
#include "storage/table.h"

namespace lakehouse::storage::parquet {

/// How data files are written; from the table's properties and the configuration.
struct DataFileOptions {
  int64_t target_file_bytes = 128 << 20;  ///< a file is closed once it is about this large
  int64_t row_group_rows = 122'880;
  std::string compression = "zstd";  ///< zstd, snappy, lz4, gzip, uncompressed
  StatsColumns stats;                ///< leaf columns with statistics
  bool change_data = false;          ///< files of changed rows, in _change_data
};

/// Writes rows as Parquet data files of a table, one open file per partition, with statistics (min,
/// max, null count per leaf). Nothing is visible until the files are committed by a Transaction.
/// Destroyed without Finish, it deletes what it wrote. Not thread-safe; batches must have the
/// table's Arrow schema (ToArrow), else InvalidSchema LK-3520; with a column mapping the files have
/// the physical names and field ids, statistics those of the schema. At most `kMaxOpenPartitions`
/// files are open, the least recently used is closed first.
class DataFileWriter {
 public:
  static constexpr size_t kMaxOpenPartitions = 64;

  DataFileWriter(io::Location table, const TableMetadata& metadata, const DataFileOptions& options,
                 const StorageContext& context);
  ~DataFileWriter();

  void Write(const arrow::RecordBatch& batch);
  /// Closes the open files; all of them are durable after it.
  std::vector<NewFile> Finish();
  /// Deletes what was written (after a commit conflict; never after an unknown outcome).
  void Discard();
  int64_t rows_written() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// DataFileOptions with the table's properties applied (delta.targetFileSize,
/// delta.dataSkippingNumIndexedCols, delta.dataSkippingStatsColumns,
/// delta.parquet.compression.codec). `always` are columns that have statistics in any case, those
/// of the clustering.
DataFileOptions OptionsFor(const TableMetadata& metadata, DataFileOptions defaults = {},
                           const std::vector<ColumnPath>& always = {});

}  // namespace lakehouse::storage::parquet
