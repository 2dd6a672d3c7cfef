#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ingestion/connectors/files/file_options.h"
#include "ingestion/connectors/files/file_roots.h"

namespace lakehouse::ingestion::connectors::files {

/// One file as it was when it was found.
struct SourceFile {
  std::string path;       ///< absolute, as it was found; for messages and the mark
  std::string real_path;  ///< with links followed; for opening
  int64_t size_bytes = 0;
  int64_t modified_ns = 0;
  /// 16 hexadecimal digits of SHA-256 over path, size and modification time.
  std::string mark;
};

/// The files that the options name, by path in byte order. Names that begin with '.' or '_' are
/// left out of directories and globs. NotFound LK-5022 when the path names nothing,
/// PermissionDenied LK-5025 when one lies outside of `roots`.
std::vector<SourceFile> FindFiles(const FileOptions& options, const FileRoots& roots);

/// One file, now, without its real path. IoError LK-5036 when it is not there.
SourceFile DescribeFile(const std::string& path);

}  // namespace lakehouse::ingestion::connectors::files
