#include "catalog/object_name.h"

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace lakehouse::catalog {
namespace {

constexpr size_t kMaxNameBytes = 255;
constexpr size_t kMaxParts = 3;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// May stand in a part without quotes.
bool IsPlain(char c) {
  return IsLetter(c) || IsDigit(c) || c == '$' || c == '-' || static_cast<unsigned char>(c) >= 0x80;
}

/// For messages: control characters and broken bytes as '?', cut to what fits a line.
std::string Shown(std::string_view text) {
  std::string shown(text.substr(0, 80));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  }
  return '"' + shown + '"' + (text.size() > 80 ? "..." : "");
}

[[noreturn]] void Refuse(std::string_view text, const std::string& why) {
  throw Error(
      ErrorKind::kInvalidArgument, "LK-2001", Shown(text) + " is not a valid name: " + why,
      "A name has one to three parts, as in catalog.schema.table; put \"\" or `` around a part "
      "with special characters.");
}

/// Length of the UTF-8 sequence that begins at `text`, 0 when it is none (RFC 3629).
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first < 0xc2   ? 0
                        : first < 0xe0 ? 2
                        : first < 0xf0 ? 3
                        : first < 0xf5 ? 4
                                       : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool outside = (first == 0xed && byte(1) >= 0xa0) || (first == 0xf4 && byte(1) >= 0x90);
  return overlong || outside ? 0 : length;
}

/// C0, DEL and C1 (U+0080 to U+009F).
bool IsControl(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 && static_cast<unsigned char>(sequence[1]) < 0xa0;
}

std::string Quoted(const std::string& part) {
  const bool plain =
      !part.empty() && IsLetter(part[0]) &&
      std::all_of(part.begin(), part.end(), [](char c) { return IsLetter(c) || IsDigit(c); });
  if (plain) return part;
  std::string quoted = "\"";
  for (const char c : part) {
    if (c == '"') quoted += c;
    quoted += c;
  }
  return quoted + '"';
}

/// Takes one part from `text` at `at`, which then stands behind it.
std::string TakePart(std::string_view text, size_t& at) {
  std::string part;
  const char quote = at < text.size() ? text[at] : '\0';
  if (quote != '"' && quote != '`') {
    while (at < text.size() && IsPlain(text[at])) part += text[at++];
    if (part.empty()) Refuse(text, "a part is empty or has a character that needs quotes");
    return part;
  }
  for (++at; at < text.size(); ++at) {
    if (text[at] != quote) {
      part += text[at];
    } else if (at + 1 < text.size() && text[at + 1] == quote) {
      part += text[++at];
    } else {
      ++at;
      return part;
    }
  }
  Refuse(text, "a quote is not closed");
}

}  // namespace

std::string ObjectName::ToString() const {
  std::string text;
  for (const std::string* part : {&catalog, &schema, &name}) {
    if (part->empty()) continue;
    if (!text.empty()) text += '.';
    text += Quoted(*part);
  }
  return text;
}

ObjectName ObjectName::Parse(std::string_view text, std::string_view default_catalog,
                             std::string_view default_schema) {
  std::vector<std::string> parts;
  size_t at = 0;
  while (true) {
    if (parts.size() == kMaxParts) Refuse(text, "it has more than three parts");
    parts.push_back(TakePart(text, at));
    ValidateName(parts.back());
    if (at == text.size()) break;
    if (text[at] != '.') Refuse(text, "a part has a character that needs quotes");
    ++at;
  }
  if (parts.size() < 2) parts.insert(parts.begin(), std::string(default_schema));
  if (parts.size() < 3) parts.insert(parts.begin(), std::string(default_catalog));
  return {parts[0], parts[1], parts[2]};
}

void ValidateName(std::string_view part) {
  if (part.empty()) Refuse(part, "a part is empty");
  if (part.size() > kMaxNameBytes) {
    Refuse(part, "it has " + std::to_string(part.size()) + " bytes, at most 255 are allowed");
  }
  if (part == "." || part == "..") Refuse(part, "it means a directory");
  for (size_t at = 0; at < part.size();) {
    const size_t length = SequenceLength(part.substr(at));
    if (length == 0) Refuse(part, "it is not valid UTF-8");
    if (IsControl(part.substr(at, length))) Refuse(part, "it has a control character");
    if (part[at] == '/' || part[at] == '\\') Refuse(part, "it has a slash or a backslash");
    at += length;
  }
}

std::string FoldCase(std::string_view name) {
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

}  // namespace lakehouse::catalog
