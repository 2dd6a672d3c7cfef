#include <arrow/array/array_base.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/utf8.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ingestion/connectors/arrow_status.h"
#include "ingestion/connectors/files/byte_stream.h"
#include "ingestion/connectors/files/cell_parser.h"
#include "ingestion/connectors/files/format_reader.h"
#include "ingestion/connectors/files/json_column.h"
#include "ingestion/connectors/options.h"
#include "ingestion/connectors/rescue.h"

namespace lakehouse::ingestion::connectors::files {

namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kBatchRows = 16'384;
constexpr size_t kReadBytes = 1 << 20;
constexpr size_t kMaxRawBytes = 64 << 10;
constexpr int kMaxDepth = 64;

/// Lines of one file, or of the entries of an archive.
class Lines {
 public:
  Lines(const SourceFile& file, int64_t max_line_bytes)
      : stream_(OpenByteStream(file)), max_line_bytes_(static_cast<size_t>(max_line_bytes)) {
    in_part_ = stream_->NextPart();
  }

  /// The next line without its end; false when there is none. The view is valid until the next
  /// call.
  bool Next(std::string_view* line) {
    while (in_part_) {
      const size_t end = buffer_.find('\n', begin_);
      if (end != std::string::npos) {
        *line = std::string_view(buffer_).substr(begin_, end - begin_);
        begin_ = end + 1;
        return Take(line);
      }
      if (Fill()) continue;
      *line = std::string_view(buffer_).substr(begin_);
      begin_ = buffer_.size();
      if (!line->empty()) return Take(line);
      in_part_ = stream_->NextPart();
      number_ = 0;
    }
    return false;
  }
  int64_t number() const { return number_; }
  std::string part_name() const { return stream_->part_name(); }
  int64_t position() const { return stream_->position(); }

 private:
  bool Take(std::string_view* line) {
    if (!line->empty() && line->back() == '\r') line->remove_suffix(1);
    if (++number_ == 1 && line->starts_with("\xef\xbb\xbf")) line->remove_prefix(3);
    return true;
  }

  bool Fill() {
    buffer_.erase(0, begin_);
    begin_ = 0;
    const size_t size = buffer_.size();
    if (size > max_line_bytes_) {
      throw Error(ErrorKind::kCorruption, "LK-5032",
                  "line " + std::to_string(number_ + 1) + " of " + part_name() +
                      " is longer than " + std::to_string(max_line_bytes_) + " bytes",
                  "The source must have one JSON object per line; or raise "
                  "source_config.block_bytes.");
    }
    buffer_.resize(size + kReadBytes);
    const size_t count = stream_->Read(buffer_.data() + size, kReadBytes);
    buffer_.resize(size + count);
    return count > 0;
  }

  std::unique_ptr<ByteStream> stream_;
  size_t max_line_bytes_;
  std::string buffer_;
  size_t begin_ = 0;
  bool in_part_ = false;
  int64_t number_ = 0;
};

/// Nesting of a text that may not be JSON; strings are not told apart, so it is an upper bound of a
/// cheap kind.
bool TooDeep(std::string_view line) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (depth > kMaxDepth) return true;
  }
  return false;
}

/// Parses a line into `object`; the reason when it is none.
std::string ParseLine(std::string_view line, Json* object) {
  if (!arrow::util::ValidateUTF8(line)) return "the line is not UTF-8";
  if (TooDeep(line)) return "the line is nested deeper than " + std::to_string(kMaxDepth);
  *object = Json::parse(line, nullptr, false);
  if (object->is_discarded()) return "the line is not valid JSON";
  if (!object->is_object()) return "the line is no JSON object";
  return {};
}

class NdjsonReader : public FormatReader {
 public:
  NdjsonReader(const SourceFile& file, const FileOptions& options,
               std::shared_ptr<const TargetColumns> target)
      : target_(std::move(target)), lines_(file, options.block_bytes) {
    arrow::util::InitializeUTF8();
    for (const auto& field : target_->schema()->fields()) {
      columns_.push_back(MakeJsonColumn(field->type()));
    }
  }

  bool Next(SourceBatch& batch) override {
    const std::string path = lines_.part_name();
    Rescue rescue(path, target_->rescued() >= 0);
    int64_t rows = 0;
    std::string_view line;
    Json object;
    bool any = false;
    while (rows < kBatchRows && lines_.Next(&line)) {
      if (TrimBlanks(line).empty()) continue;
      any = true;
      const std::string reason = ParseLine(line, &object);
      if (reason.empty()) {
        AppendRow(object, rows++, rescue);
      } else {
        batch.rejected.push_back({.file_path = lines_.part_name(),
                                  .line = lines_.number(),
                                  .reason = reason,
                                  .raw = PrintableUtf8(line.substr(0, kMaxRawBytes))});
      }
    }
    if (rows > 0) Finish(rows, rescue, batch);
    return any;
  }
  int64_t position() const override { return lines_.position(); }

 private:
  int FindColumn(const std::string& key) {
    auto [found, added] = by_key_.emplace(key, -1);
    if (added) found->second = target_->Find(key);
    return found->second;
  }

  void AppendRow(const Json& object, int64_t row, Rescue& rescue) {
    for (const auto& [key, value] : object.items()) {
      const int at = FindColumn(key);
      if (at < 0 || columns_[static_cast<size_t>(at)]->length() > row) {
        if (!value.is_null()) {
          rescue.Add(row, key, value.is_string() ? value.get<std::string>() : value.dump());
        }
        continue;
      }
      columns_[static_cast<size_t>(at)]->Append(value, key, row, rescue);
    }
    for (auto& column : columns_) {
      if (column->length() == row) column->AppendNull();
    }
  }

  void Finish(int64_t rows, const Rescue& rescue, SourceBatch& batch) {
    const auto& schema = target_->schema();
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (int at = 0; at < schema->num_fields(); ++at) {
      auto array = columns_[static_cast<size_t>(at)]->Finish();
      if (at == target_->rescued()) array = rescue.Finish(rows);
      if (!schema->field(at)->nullable() && array->null_count() > 0) {
        target_->Nulls(at, array->null_count(), lines_.part_name());
      }
      arrays.push_back(std::move(array));
    }
    batch.rows = arrow::RecordBatch::Make(schema, rows, std::move(arrays));
    batch.rows_rescued += rescue.rows();
  }

  std::shared_ptr<const TargetColumns> target_;
  Lines lines_;
  std::vector<std::unique_ptr<JsonColumn>> columns_;
  std::unordered_map<std::string, int> by_key_;
};

}  // namespace

std::unique_ptr<FormatReader> OpenNdjson(const SourceFile& file, const FileOptions& options,
                                         std::shared_ptr<const TargetColumns> target) {
  return std::make_unique<NdjsonReader>(file, options, std::move(target));
}

std::optional<Fields> InferNdjson(const SourceFile& file, const FileOptions& options) {
  arrow::util::InitializeUTF8();
  Lines lines(file, options.block_bytes);
  JsonInference inference;
  std::string_view line;
  Json object;
  int64_t rows = 0;
  while (rows < options.infer_rows && lines.Next(&line)) {
    if (!ParseLine(line, &object).empty()) continue;
    inference.Observe(object);
    ++rows;
  }
  const auto type = inference.Result();
  if (type->id() != arrow::Type::STRUCT) return std::nullopt;
  return type->fields();
}

}  // namespace lakehouse::ingestion::connectors::files
