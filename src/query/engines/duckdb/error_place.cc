#include "query/engines/duckdb/error_place.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace lakehouse::query::duckdb {
namespace {

constexpr std::string_view kPointer = "\n\nLINE ";
constexpr std::string_view kCut = "...";

bool StartsCharacter(char c) { return (c & 0xC0) != 0x80; }

size_t Characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), StartsCharacter));
}

/// Where the character number `count` of `text` begins, in bytes.
size_t BytesOf(std::string_view text, size_t count) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (StartsCharacter(text[at]) && count-- == 0) return at;
  }
  return text.size();
}

/// The engine's "LINE 2: ...lect nam from t...", with a ^ below the place.
struct Pointer {
  size_t line = 0;  ///< from 1
  std::string_view excerpt;
  size_t at = 0;  ///< in the excerpt, in bytes
};

std::optional<Pointer> PointerOf(std::string_view message) {
  const size_t begin = message.rfind(kPointer);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view text = message.substr(begin + kPointer.size());
  const size_t colon = text.find(": ");
  const size_t end = text.find('\n');
  const size_t caret = text.rfind('^');
  if (colon == std::string_view::npos || end == std::string_view::npos || colon > end ||
      caret == std::string_view::npos || caret < end) {
    return std::nullopt;
  }
  Pointer pointer;
  for (const char digit : text.substr(0, colon)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    pointer.line = pointer.line * 10 + static_cast<size_t>(digit - '0');
  }
  pointer.excerpt = text.substr(colon + 2, end - colon - 2);
  const size_t before = std::string_view("LINE ").size() + colon + 2;
  const size_t column = caret - end - 1;
  if (column < before) return std::nullopt;
  pointer.at = BytesOf(pointer.excerpt, column - before);
  if (pointer.excerpt.ends_with(kCut)) pointer.excerpt.remove_suffix(kCut.size());
  if (pointer.excerpt.starts_with(kCut) && pointer.at >= kCut.size()) {
    pointer.excerpt.remove_prefix(kCut.size());
    pointer.at -= kCut.size();
  }
  return pointer;
}

/// Where `line` begins in `sql`.
std::optional<size_t> BeginOf(std::string_view sql, size_t line) {
  size_t begin = 0;
  for (; line > 1; --line) {
    const size_t end = sql.find('\n', begin);
    if (end == std::string_view::npos) return std::nullopt;
    begin = end + 1;
  }
  return begin;
}

std::optional<size_t> Locate(const Pointer& pointer, std::string_view sql) {
  if (const auto begin = BeginOf(sql, pointer.line)) {
    const std::string_view line = sql.substr(*begin, sql.find('\n', *begin) - *begin);
    const size_t found = line.find(pointer.excerpt);
    if (found != std::string_view::npos) return *begin + found + pointer.at;
  }
  // Part of the statement was spelled anew: the rest of the line may be in it once.
  const std::string_view rest =
      pointer.excerpt.substr(std::min(pointer.at, pointer.excerpt.size()));
  const size_t found = rest.empty() ? std::string_view::npos : sql.find(rest);
  if (found == std::string_view::npos || sql.find(rest, found + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  return found;
}

}  // namespace

std::string PlaceOf(const std::string& message, const std::string& sql) {
  std::optional<size_t> at;
  if (message.find("at end of input") != std::string::npos) {
    at = sql.find_last_not_of(" \t\r\n;") + 1;
  } else if (const auto pointer = PointerOf(message)) {
    at = Locate(*pointer, sql);
  }
  if (!at) return {};
  const std::string_view before = std::string_view(sql).substr(0, *at);
  const size_t line = 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
  const size_t begin = before.rfind('\n') + 1;  // npos + 1 is 0
  return " (line " + std::to_string(line) + ", column " +
         std::to_string(Characters(before.substr(begin)) + 1) + ")";
}

}  // namespace lakehouse::query::duckdb
