#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/object_store.h"

namespace lakehouse::storage::parquet {

/// Reads a Parquet object as record batches; `columns` are top-level names (those that are not in
/// the file are left out), empty means all. Corruption LK-3510 for a file that is cut or is no
/// Parquet.
std::shared_ptr<arrow::RecordBatchReader> OpenParquet(std::shared_ptr<io::ObjectReader> file,
                                                      const std::vector<std::string>& columns = {});

/// As OpenParquet, of the leaf columns whose way ("add.stats", "a.list.element") `wanted` is true
/// for. Memory is bounded by a batch of some thousand rows, also in large row groups.
std::shared_ptr<arrow::RecordBatchReader> OpenParquetLeaves(
    std::shared_ptr<io::ObjectReader> file, const std::function<bool(const std::string&)>& wanted);

/// One row of a leaf column of texts in a struct.
struct LeafText {
  bool in_struct = false;  ///< false: the struct is null
  std::string_view text;   ///< empty also for null
};

/// The rows of such a column from front to end, where they lie in the file's pages: no text is
/// copied. Not thread-safe.
class LeafTexts {
 public:
  virtual ~LeafTexts() = default;
  /// The next rows, valid until the next call; none at the end. Corruption LK-3510 for a damaged
  /// file.
  virtual std::span<const LeafText> Next() = 0;
};

/// The texts of the leaf column whose way is `way`, "add.path"; null when there is none, or it is
/// in a list, a map or no column of texts.
std::unique_ptr<LeafTexts> OpenLeafTexts(std::shared_ptr<io::ObjectReader> file,
                                         const std::string& way);

/// The ways of the leaf columns that may hold something else than nulls, by the file's own
/// statistics.
std::vector<std::string> FilledParquetLeaves(std::shared_ptr<io::ObjectReader> file);

/// Serializes record batches as one Parquet object (checkpoints), through `writer`, without Finish.
/// Memory is bounded by a batch and the compressed bytes of a row group. `plain`: ways of leaf
/// columns that get no dictionary.
void WriteParquet(arrow::RecordBatchReader& rows, io::ObjectWriter& writer,
                  const std::string& compression = "zstd", int64_t row_group_rows = 1 << 20,
                  const std::vector<std::string>& plain = {});

/// The table schema of a Parquet object.
std::shared_ptr<arrow::Schema> ReadParquetSchema(std::shared_ptr<io::ObjectReader> file);

}  // namespace lakehouse::storage::parquet
