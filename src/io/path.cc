#include <algorithm>
#include <string>

#include "base/error.h"
#include "io/object_store.h"

namespace lakehouse::io {
namespace {

constexpr size_t kMaxPathBytes = 1024;

/// Length of the UTF-8 sequence at the front of `text`, 0 when it is not valid (RFC 3629).
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
    return 0;
  }
  return length;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool IsGoodPart(std::string_view part) {
  return !part.empty() && part != "." && part != ".." && part.front() != '\\';
}

}  // namespace

void ValidatePath(std::string_view path, bool allow_empty) {
  bool good = path.size() <= kMaxPathBytes && IsUtf8(path) &&
              path.find('\0') == std::string_view::npos && (allow_empty || !path.empty());
  std::string_view rest = path;
  while (good && !rest.empty()) {
    const size_t slash = rest.find('/');
    good = IsGoodPart(rest.substr(0, slash)) && slash + 1 != rest.size();
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  }
  if (good) return;
  std::string shown(path.substr(0, 100));
  std::replace_if(
      shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c > 0x7E; }, '?');
  throw Error(ErrorKind::kInvalidArgument, "LK-8002", "'" + shown + "' is not a path in a store",
              "A path is relative, at most 1024 bytes of UTF-8, without empty, '.' or '..' parts.");
}

std::string JoinPath(std::string_view directory, std::string_view name) {
  if (directory.empty()) return std::string(name);
  if (name.empty()) return std::string(directory);
  return std::string(directory) + "/" + std::string(name);
}

std::unique_ptr<ObjectReader> ObjectStore::OpenImmutable(std::string_view path, int64_t,
                                                         const CancellationToken&) {
  return Open(path);
}

}  // namespace lakehouse::io
