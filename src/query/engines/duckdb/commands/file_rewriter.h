#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/parquet/data_file_writer.h"
#include "storage/table.h"

namespace lakehouse::query::duckdb {

enum class RowOrder {
  kAsRead,   ///< file after file
  kZOrder,   ///< along the Z-order curve
  kHilbert,  ///< along the Hilbert curve
};

/// Files of one partition of `base` whose rows are written to other files.
struct RewriteJob {
  std::shared_ptr<storage::Table> table;
  storage::SnapshotPtr base;
  std::vector<size_t> files;  ///< indexes in base
  RowOrder order = RowOrder::kAsRead;
  std::vector<storage::ColumnPath> columns;  ///< of the order
  int64_t target_file_bytes = 0;
  /// What the table is when the files are committed; nothing: what it is in `base`.
  std::optional<storage::TableMetadata> metadata = std::nullopt;
};

/// Data files that are in no table yet.
struct WrittenFiles {
  std::vector<storage::NewFile> files;
  std::unique_ptr<storage::parquet::DataFileWriter>
      writer;  ///< for Discard; null: none was written
  /// The job's files in the order in which their rows lie in `files`, one behind the other and each
  /// in its order; empty when the rows lie otherwise.
  std::vector<size_t> sources;
};

/// The engine's part of a command that rearranges rows. For one statement and thread.
class FileRewriter {
 public:
  virtual ~FileRewriter() = default;

  /// Of `base` the files of partitions for which the condition holds. LK-4075 when it names a
  /// column that is no partition column, LK-4002 one that is not there, LK-4001 for its syntax,
  /// LK-4012 for a subquery.
  virtual std::vector<size_t> FilesWhere(const storage::SnapshotPtr& base,
                                         const std::string& condition) = 0;

  /// Writes every live row of the files, with its row id where the table tracks rows. Nothing is
  /// left when it throws: the store's error, Cancelled, Timeout, ResourceExhausted LK-4021.
  virtual WrittenFiles Rewrite(const RewriteJob& job) = 0;
};

}  // namespace lakehouse::query::duckdb
