#include "ingestion/connectors/files/column_type.h"

#include <arrow/type.h>

#include <nlohmann/json.hpp>

#include "base/suggest.h"
#include "ingestion/connectors/files/cell_parser.h"
#include "ingestion/connectors/options.h"

namespace lakehouse::ingestion::connectors::files {

namespace {

const std::vector<std::pair<std::string, std::shared_ptr<arrow::DataType>>>& NamedTypes() {
  static const std::vector<std::pair<std::string, std::shared_ptr<arrow::DataType>>> types = {
      {"bigint", arrow::int64()},
      {"long", arrow::int64()},
      {"int", arrow::int32()},
      {"integer", arrow::int32()},
      {"smallint", arrow::int16()},
      {"short", arrow::int16()},
      {"tinyint", arrow::int8()},
      {"byte", arrow::int8()},
      {"double", arrow::float64()},
      {"float", arrow::float32()},
      {"real", arrow::float32()},
      {"boolean", arrow::boolean()},
      {"bool", arrow::boolean()},
      {"string", arrow::utf8()},
      {"text", arrow::utf8()},
      {"varchar", arrow::utf8()},
      {"binary", arrow::binary()},
      {"date", arrow::date32()},
      {"timestamp", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")},
      {"timestamp_ntz", arrow::timestamp(arrow::TimeUnit::MICRO)},
  };
  return types;
}

std::shared_ptr<arrow::DataType> ParseDecimal(std::string_view arguments) {
  const size_t comma = arguments.find(',');
  int64_t precision = 0;
  int64_t scale = 0;
  if (!ParseBigint(TrimBlanks(arguments.substr(0, comma)), &precision)) return nullptr;
  if (comma != std::string_view::npos &&
      !ParseBigint(TrimBlanks(arguments.substr(comma + 1)), &scale)) {
    return nullptr;
  }
  if (precision < 1 || precision > 38 || scale < 0 || scale > precision) return nullptr;
  return arrow::decimal128(static_cast<int32_t>(precision), static_cast<int32_t>(scale));
}

/// "a bigint, b decimal(10,2)" at the commas outside of parentheses.
std::vector<std::pair<std::string, std::string>> SplitList(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> columns;
  int depth = 0;
  std::string part;
  for (const char c : text + ",") {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c != ',' || depth > 0) {
      part += c;
      continue;
    }
    const std::string_view trimmed = TrimBlanks(part);
    const size_t blank = trimmed.find_first_of(" \t");
    if (blank == std::string_view::npos) {
      ThrowBadOption("columns", text, "\"" + std::string(trimmed) + "\" is no name and type");
    }
    columns.emplace_back(trimmed.substr(0, blank), TrimBlanks(trimmed.substr(blank)));
    part.clear();
  }
  return columns;
}

std::vector<std::pair<std::string, std::string>> SplitJson(const std::string& text) {
  const auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!json.is_object() || json.empty()) {
    ThrowBadOption("columns", text, "must be a JSON object of names and types");
  }
  std::vector<std::pair<std::string, std::string>> columns;
  for (const auto& [name, type] : json.items()) {
    if (!type.is_string()) ThrowBadOption("columns", text, "the type of " + name + " is no text");
    columns.emplace_back(name, type.get<std::string>());
  }
  return columns;
}

}  // namespace

std::shared_ptr<arrow::DataType> ParseTypeName(std::string_view name) {
  const std::string folded = FoldCase(TrimBlanks(name));
  for (const auto& [known, type] : NamedTypes()) {
    if (known == folded) return type;
  }
  const size_t open = folded.find('(');
  if (open == std::string::npos || folded.back() != ')') return nullptr;
  const std::string head(TrimBlanks(std::string_view(folded).substr(0, open)));
  if (head != "decimal" && head != "numeric") return nullptr;
  return ParseDecimal(std::string_view(folded).substr(open + 1, folded.size() - open - 2));
}

std::vector<std::pair<std::string, std::shared_ptr<arrow::DataType>>> ParseColumns(
    const std::string& text) {
  std::vector<std::pair<std::string, std::shared_ptr<arrow::DataType>>> columns;
  const bool json = TrimBlanks(text).starts_with('{');
  for (const auto& [name, type_name] : json ? SplitJson(text) : SplitList(text)) {
    auto type = ParseTypeName(type_name);
    if (type == nullptr) {
      std::vector<std::string> known;
      for (const auto& [known_name, unused] : NamedTypes()) known.push_back(known_name);
      ThrowBadOption("columns", text,
                     "unknown type \"" + type_name + "\" of column " + name + ". " +
                         DidYouMean(type_name, known));
    }
    columns.emplace_back(name, std::move(type));
  }
  return columns;
}

}  // namespace lakehouse::ingestion::connectors::files
