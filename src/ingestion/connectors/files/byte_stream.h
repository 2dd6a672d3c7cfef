#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "ingestion/connectors/files/discovery.h"

namespace lakehouse::ingestion::connectors::files {

/// The unpacked bytes of one text file. A zip archive is a sequence of them. Errors: Corruption
/// LK-5031 for damaged or cut compressed data, IoError LK-5036 for files that cannot be read.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Fills up to `size` bytes; 0 at the end of the part.
  virtual size_t Read(char* out, size_t size) = 0;
  /// Moves to the next file of an archive; false when there is none. Call it before the first Read.
  virtual bool NextPart() = 0;
  /// Bytes of the file itself that were consumed so far (compressed ones of a compressed file).
  virtual int64_t position() const = 0;
  /// Name of the part for messages: the file's path, or "archive.zip!entry.csv".
  virtual std::string part_name() const = 0;
};

/// Plain, gzip and zip files, told apart by their first bytes. Memory is bounded, nothing is
/// unpacked to disk.
std::unique_ptr<ByteStream> OpenByteStream(const SourceFile& file);

}  // namespace lakehouse::ingestion::connectors::files
