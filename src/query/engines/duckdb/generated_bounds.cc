#include "query/engines/duckdb/generated_bounds.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <duckdb/common/types/date.hpp>
#include <duckdb/common/value_operations/value_operations.hpp>
#include <nlohmann/json.hpp>

#include "query/engines/duckdb/types.h"
#include "storage/field_keys.h"

namespace lakehouse::query::duckdb {
namespace {

using storage::TypeId;
using Rule = GeneratedBounds::Rule;

constexpr int64_t kMicrosPerHour = 3'600'000'000;
constexpr int64_t kMicrosPerDay = 24 * kMicrosPerHour;

/// A name, number, text or symbol of an expression.
struct Piece {
  char kind = 0;  ///< 'n' name, '0' number, 's' text, or the symbol itself
  std::string text;
};

/// Nothing for what such an expression does not have.
std::optional<std::vector<Piece>> Split(const std::string& text) {
  std::vector<Piece> pieces;
  const auto is_part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == ' ') {
      ++i;
    } else if (c == '`' || c == '\'' || c == '"') {
      const size_t end = text.find(c, i + 1);
      if (end == std::string::npos) return std::nullopt;
      pieces.push_back({c == '`' ? 'n' : 's', text.substr(i + 1, end - i - 1)});
      i = end + 1;
    } else if (is_part(c)) {
      size_t end = i;
      while (end < text.size() && is_part(text[end])) ++end;
      const bool number = std::isdigit(static_cast<unsigned char>(c)) != 0;
      pieces.push_back({number ? '0' : 'n', text.substr(i, end - i)});
      i = end;
    } else if (c == '(' || c == ')' || c == ',') {
      pieces.push_back({c, {}});
      ++i;
    } else {
      return std::nullopt;
    }
  }
  return pieces;
}

bool HasShape(const std::vector<Piece>& pieces, std::string_view shape) {
  return pieces.size() == shape.size() &&
         std::equal(pieces.begin(), pieces.end(), shape.begin(),
                    [](const Piece& piece, char kind) { return piece.kind == kind; });
}

int64_t NumberOf(const std::string& text) {
  int64_t number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// f(c) of a time.
std::optional<Rule> OfTime(const std::string& function, const std::string& column) {
  static const std::map<std::string, Rule::Form> kForms = {
      {"to_date", Rule::kDate}, {"date", Rule::kDate}, {"year", Rule::kYear},
      {"month", Rule::kMonth},  {"day", Rule::kDay},   {"dayofmonth", Rule::kDay},
      {"hour", Rule::kHour}};
  const auto found = kForms.find(function);
  if (found == kForms.end()) return std::nullopt;
  return Rule{found->second, column};
}

/// A half-open interval of microseconds since 1970.
struct Span {
  int64_t from = INT64_MIN;
  int64_t to = INT64_MAX;
  void Meet(const Span& other) {
    from = std::max(from, other.from);
    to = std::min(to, other.to);
  }
};

int64_t MicrosOf(int64_t year, int64_t month, int64_t day) {
  return static_cast<int64_t>(dk::Date::FromDate(static_cast<int32_t>(year),
                                                 static_cast<int32_t>(month),
                                                 static_cast<int32_t>(day))
                                  .days) *
         kMicrosPerDay;
}

bool IsDay(int64_t year, int64_t month, int64_t day) {
  return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
         dk::Date::IsValid(static_cast<int32_t>(year), static_cast<int32_t>(month),
                           static_cast<int32_t>(day));
}

/// The calendar's years, months, days and hours as far as they are known; -1 is unknown.
Span SpanOf(int64_t year, int64_t month, int64_t day, int64_t hour) {
  if (!IsDay(year, month < 0 ? 1 : month, month < 0 || day < 0 ? 1 : day)) return {};
  if (month < 0) return {MicrosOf(year, 1, 1), MicrosOf(year + 1, 1, 1)};
  if (day < 0) {
    return {MicrosOf(year, month, 1),
            month == 12 ? MicrosOf(year + 1, 1, 1) : MicrosOf(year, month + 1, 1)};
  }
  const int64_t midnight = MicrosOf(year, month, day);
  if (hour < 0 || hour > 23) return {midnight, midnight + kMicrosPerDay};
  return {midnight + hour * kMicrosPerHour, midnight + (hour + 1) * kMicrosPerHour};
}

/// What date_format(c, pattern) = text says.
Span SpanOfFormat(const std::string& pattern, const std::string& text) {
  static const std::map<std::string, size_t> kParts = {
      {"yyyy", 1},     {"yyyy-MM", 2},       {"yyyyMM", 2},       {"yyyy-MM-dd", 3},
      {"yyyyMMdd", 3}, {"yyyy-MM-dd-HH", 4}, {"yyyy-MM-dd HH", 4}};
  const auto found = kParts.find(pattern);
  if (found == kParts.end() || text.size() != pattern.size()) return {};
  int64_t parts[4] = {-1, -1, -1, -1};
  size_t at = 0;
  for (size_t i = 0; i < found->second; ++i) {
    const size_t digits = i == 0 ? 4 : 2;
    if (at < text.size() && i > 0 && std::isdigit(static_cast<unsigned char>(text[at])) == 0) ++at;
    parts[i] = NumberOf(text.substr(at, digits));
    at += digits;
  }
  return SpanOf(parts[0], parts[1], parts[2], parts[3]);
}

/// What date_trunc(unit, c) = `start` says.
Span SpanOfUnit(const std::string& unit, int64_t start) {
  static const std::map<std::string, int64_t> kLongest = {
      {"year", 366}, {"yyyy", 366}, {"yy", 366}, {"quarter", 92}, {"month", 31},
      {"mon", 31},   {"mm", 31},    {"week", 7}, {"day", 1},      {"dd", 1}};
  const std::string lower = dk::StringUtil::Lower(unit);
  if (lower == "hour") return {start, start + kMicrosPerHour};
  const auto found = kLongest.find(lower);
  return found == kLongest.end() ? Span{} : Span{start, start + found->second * kMicrosPerDay};
}

bool IsBelow(const dk::Value& a, const dk::Value& b) { return dk::ValueOperations::LessThan(a, b); }

void Raise(dk::Value& min, const dk::Value& bound) {
  if (min.IsNull() || IsBelow(min, bound)) min = bound;
}
void Lower(dk::Value& max, const dk::Value& bound) {
  if (max.IsNull() || IsBelow(bound, max)) max = bound;
}

/// A text above all that begin with `prefix`; nothing when there is none.
std::optional<std::string> Above(std::string prefix) {
  // The next byte may be no character, but texts are compared byte by byte.
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) >= 0x7e) prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

size_t CountCharacters(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

bool IsTime(const storage::DataType& type) {
  return type.id() == TypeId::kDate || type.id() == TypeId::kTimestamp ||
         type.id() == TypeId::kTimestampNtz;
}

}  // namespace

std::optional<Rule> GeneratedBounds::ParseRule(const std::string& expression) {
  const auto pieces = Split(expression);
  if (!pieces || pieces->empty()) return std::nullopt;
  const auto& at = *pieces;
  const std::string function = dk::StringUtil::Lower(at[0].text);
  if (HasShape(at, "n")) return Rule{Rule::kSame, at[0].text};
  if (HasShape(at, "n(nnn)") && function == "cast" && dk::StringUtil::Lower(at[3].text) == "as" &&
      dk::StringUtil::Lower(at[4].text) == "date") {
    return Rule{Rule::kDate, at[2].text};
  }
  if (HasShape(at, "n(n)")) return OfTime(function, at[2].text);
  if (HasShape(at, "n(n,s)") && function == "date_format") {
    return Rule{Rule::kFormat, at[2].text, at[4].text};
  }
  if (HasShape(at, "n(n,s)") && function == "trunc") {
    return Rule{Rule::kTruncate, at[2].text, at[4].text};
  }
  if (HasShape(at, "n(s,n)") && function == "date_trunc") {
    return Rule{Rule::kTruncate, at[4].text, at[2].text};
  }
  const bool substring = function == "substring" || function == "substr";
  if (HasShape(at, "n(n,0,0)") && substring && NumberOf(at[4].text) <= 1) {
    return Rule{Rule::kPrefix, at[2].text, {}, NumberOf(at[6].text)};
  }
  return std::nullopt;
}

GeneratedBounds::GeneratedBounds(const storage::Snapshot& snapshot) : snapshot_(snapshot) {
  const auto& metadata = snapshot.metadata();
  for (size_t i = 0; i < metadata.partition_columns.size(); ++i) {
    const auto position = metadata.schema.IndexOf(metadata.partition_columns[i]);
    if (!position) continue;
    const auto& given = metadata.schema.fields[*position].metadata;
    const auto found = given.find(storage::kGenerationKey);
    if (found == given.end()) continue;
    const auto text = nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false);
    auto rule = ParseRule(text.is_string() ? text.get<std::string>() : found->second);
    if (!rule) continue;
    const auto made_of = metadata.schema.IndexOf(rule->column);
    if (!made_of) continue;
    rule->column = metadata.schema.fields[*made_of].name;
    rule->partition = i;
    rules_[rule->column].push_back(*std::move(rule));
  }
}

void GeneratedBounds::NarrowTime(const std::vector<const Rule*>& rules,
                                 const storage::DataType& type, size_t file,
                                 ValueDomain& domain) const {
  Span span;
  std::map<Rule::Form, int64_t> parts;
  for (const Rule* rule : rules) {
    const auto position =
        snapshot_.schema().IndexOf(snapshot_.metadata().partition_columns[rule->partition]);
    const auto& made = *snapshot_.schema().fields[*position].type;
    const auto value = snapshot_.partition_value(file, rule->partition);
    if (value.is_null()) return;
    const auto* number = std::get_if<int64_t>(&value.data);
    const auto* text = std::get_if<std::string>(&value.data);
    if (rule->form == Rule::kFormat && text) span.Meet(SpanOfFormat(rule->argument, *text));
    if (!number) continue;
    const int64_t start = made.id() == TypeId::kDate ? *number * kMicrosPerDay : *number;
    if (rule->form == Rule::kDate && made.id() == TypeId::kDate) {
      span.Meet({start, start + kMicrosPerDay});
    } else if (rule->form == Rule::kTruncate && IsTime(made)) {
      span.Meet(SpanOfUnit(rule->argument, start));
    } else {
      parts[rule->form] = *number;
    }
  }
  const auto part = [&](Rule::Form form) {
    const auto found = parts.find(form);
    return found == parts.end() ? -1 : found->second;
  };
  span.Meet(SpanOf(part(Rule::kYear), part(Rule::kMonth), part(Rule::kDay), part(Rule::kHour)));
  const int64_t wider = type.id() == TypeId::kTimestamp ? kMicrosPerDay : 0;
  const auto bound = [&](int64_t micros) {
    if (type.id() != TypeId::kDate) return ToDuckDb(storage::Value{micros}, type);
    const int64_t days = micros / kMicrosPerDay - (micros % kMicrosPerDay < 0 ? 1 : 0);
    return ToDuckDb(storage::Value{days}, type);
  };
  if (span.from != INT64_MIN) Raise(domain.min, bound(span.from - wider));
  if (span.to != INT64_MAX) Lower(domain.max, bound(span.to - 1 + wider));
}

void GeneratedBounds::Narrow(const std::string& column, size_t file, ValueDomain& domain) const {
  const auto found = rules_.find(column);
  if (found == rules_.end()) return;
  const auto& type = *snapshot_.schema().fields[*snapshot_.schema().IndexOf(column)].type;
  std::vector<const Rule*> of_time;
  for (const Rule& rule : found->second) {
    if (!snapshot_.has_partition_value(file, rule.partition)) continue;
    const auto value = snapshot_.partition_value(file, rule.partition);
    if (rule.form == Rule::kSame) {
      const auto position =
          snapshot_.schema().IndexOf(snapshot_.metadata().partition_columns[rule.partition]);
      if (value.is_null() || !(*snapshot_.schema().fields[*position].type == type)) continue;
      Raise(domain.min, ToDuckDb(value, type));
      Lower(domain.max, ToDuckDb(value, type));
    } else if (rule.form == Rule::kPrefix) {
      const auto* prefix = std::get_if<std::string>(&value.data);
      if (prefix == nullptr || prefix->empty() || type.id() != TypeId::kString) continue;
      Raise(domain.min, dk::Value(*prefix));
      const bool whole = static_cast<int64_t>(CountCharacters(*prefix)) < rule.length;
      const auto above = whole ? std::optional(*prefix) : Above(*prefix);
      if (above) Lower(domain.max, dk::Value(*above));
    } else if (IsTime(type)) {
      of_time.push_back(&rule);
    }
  }
  if (!of_time.empty()) NarrowTime(of_time, type, file, domain);
}

}  // namespace lakehouse::query::duckdb
