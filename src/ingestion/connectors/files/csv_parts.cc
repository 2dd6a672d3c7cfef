#include "ingestion/connectors/files/csv_parts.h"

#include <arrow/util/utf8.h>

#include <algorithm>

#include "ingestion/connectors/arrow_status.h"
#include "ingestion/connectors/options.h"

namespace lakehouse::ingestion::connectors::files {

namespace {

constexpr std::string_view kUtf8Bom = "\xef\xbb\xbf";
constexpr size_t kMaxRawBytes = 64 << 10;
constexpr size_t kReadBytes = 4 << 20;
constexpr size_t kLowBytes = 2 << 20;  // more is read when less than this is left

int64_t CountLines(std::string_view text) {
  int64_t lines = 0;
  for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    ++lines;
  }
  return lines;
}

}  // namespace

CsvParts::CsvParts(const SourceFile& file, const FileOptions& options)
    : options_(options), stream_(OpenByteStream(file)) {
  arrow::util::InitializeUTF8();
}

arrow::csv::ParseOptions CsvParts::ParseOptions() const {
  auto parse = arrow::csv::ParseOptions::Defaults();
  parse.delimiter = options_.delimiter;
  parse.quote_char = options_.quote;
  parse.newlines_in_values = true;
  return parse;
}

void CsvParts::Fill(size_t wanted) {
  wanted = std::min(wanted, block_bytes());
  if (at_end_ || rest().size() >= wanted) return;
  buffer_.erase(0, begin_);
  begin_ = 0;
  size_t size = buffer_.size();
  const size_t goal = std::max(wanted, std::min(kReadBytes, block_bytes()));
  buffer_.resize(goal);
  while (size < goal) {
    const size_t count = stream_->Read(buffer_.data() + size, goal - size);
    if (count == 0) {
      at_end_ = true;
      break;
    }
    size += count;
  }
  buffer_.resize(size);
}

bool CsvParts::FillMore() {
  if (at_end_ || rest().size() >= block_bytes()) return false;
  Fill(2 * rest().size() + 1);
  return true;
}

void CsvParts::Drop(size_t count) {
  line_ += CountLines(rest().substr(0, count));
  begin_ += count;
}

bool CsvParts::NextPart() {
  while (stream_->NextPart()) {
    buffer_.clear();
    begin_ = 0;
    at_end_ = false;
    line_ = 1;
    Fill(kLowBytes);
    if (rest().starts_with(kUtf8Bom)) begin_ = kUtf8Bom.size();
    if (rest().starts_with("\xff\xfe") || rest().starts_with("\xfe\xff")) {
      throw Error(ErrorKind::kUnsupported, "LK-5003", part_name() + " is UTF-16, not UTF-8",
                  "Convert it, for instance with: iconv -f UTF-16 -t UTF-8");
    }
    if (ReadFirstRow()) return true;
  }
  return false;
}

bool CsvParts::ReadFirstRow() {
  first_row_.clear();
  if (at_end_ && rest().find_first_not_of("\r\n") == std::string_view::npos) return false;
  uint32_t size = 0;
  std::unique_ptr<arrow::csv::BlockParser> parser;
  do {
    parser = std::make_unique<arrow::csv::BlockParser>(ParseOptions(), -1, -1, 1);
    const arrow::Status status =
        at_end_ ? parser->ParseFinal(rest(), &size) : parser->Parse(rest(), &size);
    // Before the first whole row Arrow cannot tell the number of columns, and says so: read on.
    if (!status.IsInvalid() || parser->num_rows() > 0) ThrowUnlessOk(status);
  } while (parser->num_rows() == 0 && FillMore());
  if (parser->num_rows() == 0) {
    if (at_end_) return false;
    throw Error(ErrorKind::kCorruption, "LK-5032",
                "the first row of " + part_name() + " is longer than " +
                    std::to_string(options_.block_bytes) + " bytes",
                "Check delimiter and quotes, or raise source_config.block_bytes.");
  }
  ThrowUnlessOk(parser->VisitLastRow([&](const uint8_t* data, uint32_t length, bool, bool) {
    first_row_.push_back(
        PrintableUtf8(std::string_view(reinterpret_cast<const char*>(data), length)));
    return arrow::Status::OK();
  }));
  if (options_.header) Drop(size);
  return true;
}

std::unique_ptr<arrow::csv::BlockParser> CsvParts::NextBlock(int32_t max_rows,
                                                             std::vector<RejectedRow>& rejected) {
  Fill(kLowBytes);
  if (rest().empty()) return nullptr;
  auto parse = ParseOptions();
  parse.invalid_row_handler = [&](const arrow::csv::InvalidRow& row) {
    const size_t offset = static_cast<size_t>(row.text.data() - rest().data());
    const bool inside = offset <= rest().size();
    rejected.push_back({.file_path = part_name(),
                        .line = inside ? line_ + CountLines(rest().substr(0, offset)) : 0,
                        .reason = "the row has " + std::to_string(row.actual_columns) +
                                  " cells, not " + std::to_string(row.expected_columns),
                        .raw = PrintableUtf8(row.text.substr(0, kMaxRawBytes))});
    return arrow::csv::InvalidRowResult::Skip;
  };
  uint32_t size = 0;
  std::unique_ptr<arrow::csv::BlockParser> parser;
  do {
    parser = std::make_unique<arrow::csv::BlockParser>(
        parse, static_cast<int32_t>(first_row_.size()), -1, max_rows);
    ThrowUnlessOk(at_end_ ? parser->ParseFinal(rest(), &size) : parser->Parse(rest(), &size));
  } while (size == 0 && FillMore());
  if (size == 0) {
    throw Error(ErrorKind::kCorruption, "LK-5032",
                "a row of " + part_name() + " at line " + std::to_string(line_) +
                    " is longer than " + std::to_string(options_.block_bytes) + " bytes",
                "Check delimiter and quotes, or raise source_config.block_bytes.");
  }
  block_is_utf8_ = arrow::util::ValidateUTF8(rest().substr(0, size));
  block_line_ = line_;
  Drop(size);
  return parser;
}

}  // namespace lakehouse::ingestion::connectors::files
