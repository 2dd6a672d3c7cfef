#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/cancellation.h"
#include "catalog/object_name.h"
#include "security/principal.h"

namespace lakehouse::query {

/// Files to add to a table.
struct FileLoad {
  catalog::ObjectName target;
  std::string path;                            ///< absolute: a file, a directory or a pattern
  std::string format;                          ///< "csv", "json", "parquet"
  std::map<std::string, std::string> options;  ///< those of a file source of ingestion
  bool again = false;                          ///< also files that an earlier load has added
  bool merge_schema = false;                   ///< columns that only the files have are added
  CancellationToken cancel;
};

struct FileLoadResult {
  int64_t rows = 0;
  int64_t files = 0;
  int64_t skipped_files = 0;  ///< an earlier load has added them
};

/// Loads files for COPY INTO: implemented above this tier and handed in. Thread-safe.
class FileLoader {
 public:
  virtual ~FileLoader() = default;
  /// One commit with the rows and what was loaded; each file once. PermissionDenied LK-2101 for a
  /// principal that may not run jobs, or not change the table; errors of ingestion otherwise.
  virtual FileLoadResult Load(const security::Principal& principal, const FileLoad& load) = 0;
};

}  // namespace lakehouse::query
