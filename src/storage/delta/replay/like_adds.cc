#include "storage/delta/replay/like_adds.h"

#include "storage/delta/snapshot/common_bytes.h"

namespace lakehouse::storage::delta {
namespace {

/// Reads a whole number without a sign that stands at `at`, as JSON writes it; `at` is behind it
/// then.
bool ReadNumber(std::string_view line, size_t& at, int64_t& number) {
  constexpr size_t kMaxDigits = 18;
  const size_t begin = at;
  int64_t read = 0;
  for (; at < line.size() && line[at] >= '0' && line[at] <= '9'; ++at) {
    if (at - begin == kMaxDigits) return false;
    read = read * 10 + (line[at] - '0');
  }
  if (at == begin || (line[begin] == '0' && at - begin > 1)) return false;
  number = read;
  return true;
}

/// A text that stands for itself: without an escape of JSON or of a path.
bool ReadPath(std::string_view line, size_t& at, std::string_view& path) {
  const size_t end = line.find('"', at);
  if (end == std::string_view::npos || end == at) return false;
  path = line.substr(at, end - at);
  at = end;
  return path.find('\\') == std::string_view::npos && path.find('%') == std::string_view::npos;
}

}  // namespace

void LikeAdds::Forget() {
  found_.clear();
  slots_.clear();
}

void LikeAdds::Keep(std::string_view line) {
  const char* at = line.data();
  for (const Found& found : found_) {
    // A text of statistics ends where what is behind it begins: so it must be the last one.
    const bool last = &found == &found_.back();
    if (found.part == Part::kStats && !last) return slots_.clear();
    slots_.push_back({found.part, std::string(at, found.token.data())});
    at = found.token.data() + found.token.size();
  }
  behind_.assign(at, line.data() + line.size());
}

bool LikeAdds::Read(std::string_view line, AddView& add) const {
  if (slots_.empty() || !IsPlainText(line)) return false;
  size_t at = 0;
  for (const Slot& slot : slots_) {
    if (!line.substr(at).starts_with(slot.before)) return false;
    at += slot.before.size();
    bool read = false;
    switch (slot.part) {
      case Part::kPath:
        read = ReadPath(line, at, add.path);
        break;
      case Part::kSize:
        read = ReadNumber(line, at, add.size_bytes);
        break;
      case Part::kTime:
        read = ReadNumber(line, at, add.modified_ms);
        break;
      case Part::kStats: {
        read = line.size() >= at + behind_.size();
        const size_t end = read ? line.size() - behind_.size() : at;
        add.stats = line.substr(at, end - at);
        add.stats_escaped = true;
        at = end;
        break;
      }
    }
    if (!read) return false;
  }
  return line.substr(at) == behind_;
}

}  // namespace lakehouse::storage::delta
