#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ingestion/connectors/connector.h"

namespace lakehouse::ingestion::connectors::files {

enum class FileFormat { kCsv, kJson, kParquet };

/// The options of a file source, checked.
struct FileOptions {
  FileFormat format = FileFormat::kCsv;
  std::string path;  ///< file, directory or glob; absolute or relative to the working directory
  std::string glob;  ///< pattern for file names below a directory
  bool recursive = true;
  char delimiter = ',';
  char quote = '"';
  bool header = true;
  std::vector<std::string> null_values = {""};
  std::vector<std::pair<std::string, std::shared_ptr<arrow::DataType>>> columns;
  std::string rescued_data_column = "_rescued_data";  ///< empty: what does not fit fails the run
  bool merge_schema = false;                          ///< a new table has the columns of all files
  int64_t infer_rows = 100'000;         ///< of the first file, at most the first block
  int64_t block_bytes = 8 << 20;        ///< limit of one row
  int64_t max_files_per_run = 100'000;  ///< the others are for the next run
};

/// Throws LK-5001 and LK-5002.
FileOptions ParseFileOptions(const std::string& source_type, const SourceOptions& options);

}  // namespace lakehouse::ingestion::connectors::files
