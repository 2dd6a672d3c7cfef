#include "cli/output.h"

#include <arrow/api.h>
#include <arrow/io/api.h>
#include <arrow/ipc/api.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/suggest.h"
#include "query/render.h"
#include "storage/arrow_status.h"

namespace lakehouse::cli {
namespace {

using Json = nlohmann::ordered_json;
using Texts = std::vector<std::vector<std::string>>;

const std::map<std::string, Format, std::less<>> kFormats = {
    {"table", Format::kTable}, {"json", Format::kJson},   {"jsonl", Format::kJsonLines},
    {"csv", Format::kCsv},     {"md", Format::kMarkdown}, {"arrow", Format::kArrow}};

[[noreturn]] void ThrowArrow(const arrow::Status& status) {
  storage::ThrowErrorIn(status);
  throw Error(ErrorKind::kIoError, "LK-9004", "cannot write the result: " + status.message());
}

std::shared_ptr<arrow::RecordBatch> Next(arrow::RecordBatchReader& rows) {
  std::shared_ptr<arrow::RecordBatch> batch;
  if (const arrow::Status status = rows.ReadNext(&batch); !status.ok()) ThrowArrow(status);
  return batch;
}

/// Columns that a terminal needs for `text`: code points, as most scripts take one each.
size_t Width(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

bool IsNumber(arrow::Type::type id) {
  return arrow::is_integer(id) || arrow::is_floating(id) || arrow::is_decimal(id);
}

Json CellToJson(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) return nullptr;
  const arrow::Type::type id = array.type_id();
  if (id == arrow::Type::BOOL) return static_cast<const arrow::BooleanArray&>(array).Value(row);
  const std::string text = query::FormatCell(array, row);
  if (arrow::is_integer(id) || arrow::is_floating(id)) {
    const Json number = Json::parse(text, nullptr, false);
    if (number.is_number()) return number;
  }
  return text;
}

Json RowToJson(const arrow::RecordBatch& batch, int64_t row) {
  Json object = Json::object();
  for (int c = 0; c < batch.num_columns(); ++c) {
    object[batch.column_name(c)] = CellToJson(*batch.column(c), row);
  }
  return object;
}

std::string Dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

void WriteCsvLine(const std::vector<std::string>& fields, std::FILE* out) {
  std::string line;
  for (size_t i = 0; i < fields.size(); ++i) line += (i ? "," : "") + CsvField(fields[i]);
  std::fprintf(out, "%s\n", line.c_str());
}

std::vector<std::string> RowTexts(const arrow::RecordBatch& batch, int64_t row,
                                  const std::string& null_text) {
  std::vector<std::string> texts;
  for (int c = 0; c < batch.num_columns(); ++c) {
    const arrow::Array& column = *batch.column(c);
    texts.push_back(column.IsNull(row) ? null_text : query::FormatCell(column, row));
  }
  return texts;
}

std::string Pad(const std::string& text, size_t width, bool right) {
  const std::string space(width - std::min(width, Width(text)), ' ');
  return right ? space + text : text + space;
}

std::string OneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return text;
}

/// A row with the text of a plan or a statement takes as many lines as its tallest cell.
Texts LinesOf(const std::vector<std::string>& row) {
  Texts lines(1, std::vector<std::string>(row.size()));
  for (size_t c = 0; c < row.size(); ++c) {
    size_t at = 0;
    size_t begin = 0;
    for (size_t end = 0; end != std::string::npos; ++at, begin = end + 1) {
      end = row[c].find('\n', begin);
      if (end == std::string::npos && begin == row[c].size() && at > 0) break;  // a closing newline
      if (at == lines.size()) lines.emplace_back(row.size());
      lines[at][c] = OneLine(row[c].substr(begin, end - begin));
    }
  }
  return lines;
}

/// Markdown rows are table rows between bars; both have the same widths.
void WriteTable(const std::vector<std::string>& columns, Texts rows, const std::vector<bool>& right,
                bool markdown, std::FILE* out) {
  Texts shown;
  for (auto& row : rows) {
    if (markdown) {
      for (auto& cell : row) cell = OneLine(std::move(cell));
      shown.push_back(std::move(row));
      continue;
    }
    for (auto& line : LinesOf(row)) shown.push_back(std::move(line));
  }
  std::vector<size_t> widths;
  for (size_t c = 0; c < columns.size(); ++c) {
    size_t width = std::max<size_t>(Width(columns[c]), 3);
    for (const auto& row : shown) width = std::max(width, Width(row[c]));
    widths.push_back(width);
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text = markdown ? "| " : " ";
    for (size_t c = 0; c < cells.size(); ++c) {
      text += (c ? " | " : "") + Pad(cells[c], widths[c], right[c]);
    }
    if (!markdown) text.erase(text.find_last_not_of(' ') + 1);
    std::fprintf(out, "%s%s\n", text.c_str(), markdown ? " |" : "");
  };
  line(columns);
  std::string rule = markdown ? "|" : "";
  for (size_t c = 0; c < columns.size(); ++c) {
    const std::string dashes(widths[c] + 2, '-');
    rule += (c ? (markdown ? "|" : "+") : "") + dashes;
    if (markdown && right[c]) rule.back() = ':';
  }
  std::fprintf(out, "%s%s\n", rule.c_str(), markdown ? "|" : "");
  for (const auto& row : shown) line(row);
}

int64_t WriteAsTable(arrow::RecordBatchReader& rows, bool markdown, std::FILE* out,
                     int64_t max_rows, const std::string& null_text) {
  std::vector<std::string> columns;
  std::vector<bool> right;
  for (const auto& field : rows.schema()->fields()) {
    columns.push_back(field->name());
    right.push_back(IsNumber(field->type()->id()));
  }
  Texts shown;
  int64_t count = 0;
  while (const auto batch = Next(rows)) {
    for (int64_t row = 0; row < batch->num_rows(); ++row, ++count) {
      if (max_rows == 0 || count < max_rows) shown.push_back(RowTexts(*batch, row, null_text));
    }
  }
  if (columns.empty()) return count;
  const int64_t hidden = count - static_cast<int64_t>(shown.size());
  WriteTable(columns, std::move(shown), right, markdown, out);
  if (hidden > 0) std::fprintf(out, "(%ld more rows)\n", hidden);
  return count;
}

int64_t WriteAsJson(arrow::RecordBatchReader& rows, bool lines, std::FILE* out) {
  int64_t count = 0;
  if (!lines) std::fputs("[", out);
  while (const auto batch = Next(rows)) {
    for (int64_t row = 0; row < batch->num_rows(); ++row, ++count) {
      const char* before = lines ? "" : (count ? ",\n " : "\n ");
      std::fprintf(out, "%s%s%s", before, Dump(RowToJson(*batch, row)).c_str(), lines ? "\n" : "");
    }
  }
  if (!lines) std::fputs(count ? "\n]\n" : "]\n", out);
  return count;
}

int64_t WriteAsCsv(arrow::RecordBatchReader& rows, std::FILE* out) {
  WriteCsvLine(rows.schema()->field_names(), out);
  int64_t count = 0;
  while (const auto batch = Next(rows)) {
    for (int64_t row = 0; row < batch->num_rows(); ++row, ++count) {
      WriteCsvLine(RowTexts(*batch, row, ""), out);
    }
  }
  return count;
}

/// A file as Arrow's stream. Arrow's own one seeks, which a pipe cannot.
class PipeStream : public arrow::io::OutputStream {
 public:
  explicit PipeStream(std::FILE* out) : out_(out) { set_mode(arrow::io::FileMode::WRITE); }

  arrow::Status Close() override {
    closed_ = true;
    return Flush();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return written_; }
  using OutputStream::Write;
  arrow::Status Write(const void* data, int64_t bytes) override {
    const auto count = static_cast<size_t>(bytes);
    if (std::fwrite(data, 1, count, out_) != count) return Failure();
    written_ += bytes;
    return arrow::Status::OK();
  }
  arrow::Status Flush() override {
    return std::fflush(out_) == 0 ? arrow::Status::OK() : Failure();
  }

 private:
  static arrow::Status Failure() { return arrow::Status::IOError(std::strerror(errno)); }

  std::FILE* out_;
  int64_t written_ = 0;
  bool closed_ = false;
};

int64_t WriteAsArrow(arrow::RecordBatchReader& rows, std::FILE* out) {
  const auto stream = std::make_shared<PipeStream>(out);
  auto writer = arrow::ipc::MakeStreamWriter(stream, rows.schema());
  if (!writer.ok()) ThrowArrow(writer.status());
  int64_t count = 0;
  while (const auto batch = Next(rows)) {
    if (const auto status = (*writer)->WriteRecordBatch(*batch); !status.ok()) ThrowArrow(status);
    count += batch->num_rows();
  }
  if (const arrow::Status status = (*writer)->Close(); !status.ok()) ThrowArrow(status);
  if (const arrow::Status status = stream->Flush(); !status.ok()) ThrowArrow(status);
  return count;
}

int64_t WriteAs(Format format, arrow::RecordBatchReader& rows, std::FILE* out, int64_t max_rows,
                const std::string& null_text) {
  switch (format) {
    case Format::kTable:
    case Format::kMarkdown:
      return WriteAsTable(rows, format == Format::kMarkdown, out, max_rows, null_text);
    case Format::kJson:
    case Format::kJsonLines:
      return WriteAsJson(rows, format == Format::kJsonLines, out);
    case Format::kCsv:
      return WriteAsCsv(rows, out);
    case Format::kArrow:
      break;
  }
  return WriteAsArrow(rows, out);
}

/// A full disk is an error of the command, not a shorter result.
int64_t WriteChecked(Format format, arrow::RecordBatchReader& rows, std::FILE* out,
                     int64_t max_rows, const std::string& null_text) {
  const int64_t count = WriteAs(format, rows, out, max_rows, null_text);
  if (std::fflush(out) != 0 || std::ferror(out) != 0) {
    ThrowArrow(arrow::Status::IOError(std::strerror(errno)));
  }
  return count;
}

template <typename Builder, typename Convert>
std::shared_ptr<arrow::Array> BuildColumn(const Texts& rows, size_t column, Convert convert) {
  Builder builder;
  for (const auto& row : rows) {
    const arrow::Status status = convert(builder, row.at(column));
    if (!status.ok()) ThrowArrow(status);
  }
  const auto array = builder.Finish();
  if (!array.ok()) ThrowArrow(array.status());
  return *array;
}

std::shared_ptr<arrow::Array> ColumnOf(const Texts& rows, size_t column, CellType type) {
  if (type == CellType::kText) {
    return BuildColumn<arrow::StringBuilder>(
        rows, column, [](auto& builder, const std::string& text) { return builder.Append(text); });
  }
  return BuildColumn<arrow::Int64Builder>(rows, column, [](auto& builder, const std::string& text) {
    return text.empty() ? builder.AppendNull() : builder.Append(std::stoll(text));
  });
}

}  // namespace

Format ParseFormat(std::string_view name) {
  if (const auto found = kFormats.find(name); found != kFormats.end()) return found->second;
  const std::string candidates = DidYouMean(name, FormatNames());
  throw Error(ErrorKind::kInvalidArgument, "LK-9003",
              "there is no output format '" + std::string(name) + "'",
              candidates + (candidates.empty() ? "" : " ") +
                  "Formats: table, json, jsonl, csv, md, arrow.");
}

const std::vector<std::string>& FormatNames() {
  static const std::vector<std::string> names = {"table", "json", "jsonl", "csv", "md", "arrow"};
  return names;
}

int64_t WriteRows(arrow::RecordBatchReader& rows, Format format, std::FILE* out, int64_t max_rows) {
  return WriteChecked(format, rows, out, max_rows, "NULL");
}

void WriteTexts(const std::vector<TextColumn>& columns, const Texts& rows, Format format,
                std::FILE* out) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (size_t c = 0; c < columns.size(); ++c) {
    arrays.push_back(ColumnOf(rows, c, columns[c].type));
    fields.push_back(arrow::field(columns[c].name, arrays.back()->type()));
  }
  const auto batch = arrow::RecordBatch::Make(arrow::schema(fields),
                                              static_cast<int64_t>(rows.size()), std::move(arrays));
  auto reader = arrow::RecordBatchReader::Make({batch});
  if (!reader.ok()) ThrowArrow(reader.status());
  WriteChecked(format, **reader, out, 0, "");
}

}  // namespace lakehouse::cli
