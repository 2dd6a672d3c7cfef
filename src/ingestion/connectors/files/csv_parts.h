#pragma once

#include <arrow/csv/options.h>
#include <arrow/csv/parser.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingestion/connectors/connector.h"
#include "ingestion/connectors/files/byte_stream.h"
#include "ingestion/connectors/files/file_options.h"

namespace lakehouse::ingestion::connectors::files {

/// Cuts the text of one file (or of the entries of an archive) into parsed blocks of rows. Rows
/// with a wrong number of cells are set aside.
class CsvParts {
 public:
  CsvParts(const SourceFile& file, const FileOptions& options);

  /// Goes to the next part that has a first row, and reads it. False when there is none.
  bool NextPart();
  /// The cells of the first row of this part: names when there is a header, else values of a row
  /// that NextBlock gives again.
  const std::vector<std::string>& first_row() const { return first_row_; }
  /// Rows of this part, at most `max_rows`; null at its end. Rejected rows are appended to
  /// `rejected`. Corruption LK-5032 for a row longer than a block.
  std::unique_ptr<arrow::csv::BlockParser> NextBlock(int32_t max_rows,
                                                     std::vector<RejectedRow>& rejected);
  /// Were the bytes of the last block valid UTF-8?
  bool block_is_utf8() const { return block_is_utf8_; }
  int64_t block_line() const { return block_line_; }
  std::string part_name() const { return stream_->part_name(); }
  int64_t position() const { return stream_->position(); }

 private:
  size_t block_bytes() const { return static_cast<size_t>(options_.block_bytes); }
  /// Reads on when less than `wanted` bytes are left.
  void Fill(size_t wanted);
  /// Reads on for a row that is not whole yet; false when there is no more, or it is too long.
  bool FillMore();
  void Drop(size_t count);
  bool ReadFirstRow();
  arrow::csv::ParseOptions ParseOptions() const;
  std::string_view rest() const { return std::string_view(buffer_).substr(begin_); }

  const FileOptions& options_;
  std::unique_ptr<ByteStream> stream_;
  std::vector<std::string> first_row_;
  std::string buffer_;
  size_t begin_ = 0;
  bool at_end_ = false;
  int64_t line_ = 1;  ///< of the first byte of rest()
  int64_t block_line_ = 1;
  bool block_is_utf8_ = true;
};

}  // namespace lakehouse::ingestion::connectors::files
