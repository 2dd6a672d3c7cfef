#include "ingestion/connectors/files/file_options.h"

#include <nlohmann/json.hpp>

#include "ingestion/connectors/files/column_type.h"
#include "ingestion/connectors/options.h"

namespace lakehouse::ingestion::connectors::files {

namespace {

constexpr int64_t kMaxBlockBytes = 1 << 30;

char CharacterOption(const SourceOptions& options, const std::string& key, char fallback) {
  const std::string text = TextOption(options, key, std::string(1, fallback));
  if (text == "\\t") return '\t';
  if (text.size() != 1 || text[0] == '\n' || text[0] == '\r') {
    ThrowBadOption(key, text, "must be one character of one byte");
  }
  return text[0];
}

/// A JSON list of texts, or one text.
std::vector<std::string> NullValues(const SourceOptions& options) {
  auto found = options.find("null_values");
  if (found == options.end()) return {""};
  if (!found->second.starts_with('[')) return {"", found->second};
  const auto json = nlohmann::json::parse(found->second, nullptr, false);
  if (!json.is_array()) ThrowBadOption("null_values", found->second, "is no JSON list of texts");
  std::vector<std::string> values;
  for (const auto& item : json) {
    if (!item.is_string()) ThrowBadOption("null_values", found->second, "is no list of texts");
    values.push_back(item.get<std::string>());
  }
  return values;
}

std::vector<std::string> KnownKeys(FileFormat format) {
  std::vector<std::string> known = {
      "path", "glob", "recursive", "merge_schema", "rescued_data_column", "max_files_per_run"};
  if (format == FileFormat::kParquet) return known;
  known.insert(known.end(), {"columns", "infer_rows", "block_bytes"});
  if (format == FileFormat::kCsv) {
    known.insert(known.end(), {"delimiter", "quote", "header", "null_values"});
  }
  return known;
}

}  // namespace

FileOptions ParseFileOptions(const std::string& source_type, const SourceOptions& options) {
  FileOptions result;
  if (source_type == "json") result.format = FileFormat::kJson;
  if (source_type == "parquet") result.format = FileFormat::kParquet;
  CheckOptionKeys(options, KnownKeys(result.format), {"path"});
  result.path = TextOption(options, "path", "");
  result.glob = TextOption(options, "glob", "");
  result.recursive = BooleanOption(options, "recursive", true);
  result.merge_schema = BooleanOption(options, "merge_schema", false);
  result.delimiter = CharacterOption(options, "delimiter", ',');
  result.quote = CharacterOption(options, "quote", '"');
  if (result.quote == result.delimiter) {
    ThrowBadOption("quote", std::string(1, result.quote), "must differ from the delimiter");
  }
  result.header = BooleanOption(options, "header", true);
  result.null_values = NullValues(options);
  const std::string columns = TextOption(options, "columns", "");
  if (!columns.empty()) result.columns = ParseColumns(columns);
  result.rescued_data_column =
      TextOption(options, "rescued_data_column", result.rescued_data_column);
  result.infer_rows = IntegerOption(options, "infer_rows", result.infer_rows, 1, 100'000);
  result.block_bytes =
      IntegerOption(options, "block_bytes", result.block_bytes, 4 << 10, kMaxBlockBytes);
  result.max_files_per_run =
      IntegerOption(options, "max_files_per_run", result.max_files_per_run, 1, 10'000'000);
  return result;
}

}  // namespace lakehouse::ingestion::connectors::files
