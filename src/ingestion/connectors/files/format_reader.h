#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ingestion/connectors/connector.h"
#include "ingestion/connectors/files/discovery.h"
#include "ingestion/connectors/files/file_options.h"

namespace lakehouse::ingestion::connectors::files {

/// Where the rows go: the target's columns, found by the names of a source.
class TargetColumns {
 public:
  /// `rescued` is the name of the column for what does not fit; empty, or not in the schema: there
  /// is none.
  TargetColumns(std::shared_ptr<arrow::Schema> schema, const std::string& rescued);

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  /// The column of a source's name, -1 when there is none. Never the rescued data column.
  int Find(std::string_view source_name) const;
  int rescued() const { return rescued_; }
  /// Names of the columns that a source can fill, in order.
  std::vector<std::string> FillableNames() const;
  /// A column without any value. InvalidSchema LK-5033 when it is NOT NULL and `rows` > 0.
  std::shared_ptr<arrow::Array> Nulls(int column, int64_t rows, const std::string& path) const;

 private:
  std::shared_ptr<arrow::Schema> schema_;
  std::unordered_map<std::string, int> by_name_;
  int rescued_ = -1;
};

/// Reads one file into rows of the target.
class FormatReader {
 public:
  virtual ~FormatReader() = default;
  /// False at the end; a batch may hold rejected rows only.
  virtual bool Next(SourceBatch& batch) = 0;
  /// Bytes of the file that were consumed so far.
  virtual int64_t position() const = 0;
};

std::unique_ptr<FormatReader> OpenCsv(const SourceFile& file, const FileOptions& options,
                                      std::shared_ptr<const TargetColumns> target);
std::unique_ptr<FormatReader> OpenNdjson(const SourceFile& file, const FileOptions& options,
                                         std::shared_ptr<const TargetColumns> target);
std::unique_ptr<FormatReader> OpenParquetFile(const SourceFile& file,
                                              std::shared_ptr<const TargetColumns> target);

/// The columns of a file, from its schema or by inference; nothing for a file without any row or
/// header.
using Fields = std::vector<std::shared_ptr<arrow::Field>>;
std::optional<Fields> InferCsv(const SourceFile& file, const FileOptions& options);
std::optional<Fields> InferNdjson(const SourceFile& file, const FileOptions& options);
std::optional<Fields> InferParquet(const SourceFile& file);

}  // namespace lakehouse::ingestion::connectors::files
