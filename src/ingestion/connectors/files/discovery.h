#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ingestion/connectors/files/file_options.h"

namespace lakehouse::ingestion::connectors::files {

/// One file as it was when it was found.
struct SourceFile {
  std::string path;  ///< absolute
  int64_t size_bytes = 0;
  int64_t modified_ns = 0;
  /// 16 hexadecimal digits of SHA-256 over path, size and modification time.
  std::string mark;
};

/// The files that the options name, by path in byte order. Names that begin with '.' or '_' are
/// left out of directories and globs. NotFound LK-5022 when the path names nothing.
std::vector<SourceFile> FindFiles(const FileOptions& options);

/// One file, now. IoError LK-5036 when it is not there.
SourceFile DescribeFile(const std::string& path);

}  // namespace lakehouse::ingestion::connectors::files
