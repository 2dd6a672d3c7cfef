#include "storage/delta/snapshot/stats_shape.h"

#include <algorithm>
#include <utility>

namespace lakehouse::storage::delta {
namespace {

constexpr int kMaxDepth = 32;
/// More values than these are kept as a text.
constexpr size_t kMaxSlots = 2048;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace

const char* EndOfValue(const char* at, const char* end, bool is_text, bool escaped) {
  if (!is_text) {
    while (at != end && *at != ',' && *at != '}' && *at != '\\' && *at != '"' && !IsSpace(*at)) {
      ++at;
    }
    return at;
  }
  for (; at != end && *at != '"'; ++at) {
    if (*at != '\\') continue;
    if (escaped) return at;
    if (++at == end) return end;
  }
  return at;
}

/// Reads one text from its front to its end.
class ShapeReader {
 public:
  explicit ShapeReader(std::string_view text)
      : at_(text.data()), end_(text.data() + text.size()), part_(text.data()) {}

  std::optional<StatsShape> Read() {
    std::vector<std::string> path;
    SkipSpace();
    if (!ReadObject(path)) return std::nullopt;
    SkipSpace();
    if (at_ != end_ || HasTwins()) return std::nullopt;
    shape_.parts_.emplace_back(part_, end_);
    for (const std::string& part : shape_.parts_) shape_.escaped_parts_.push_back(Escaped(part));
    return std::move(shape_);
  }

 private:
  void SkipSpace() {
    while (at_ != end_ && IsSpace(*at_)) ++at_;
  }
  bool Take(char wanted) {
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }

  bool ReadObject(std::vector<std::string>& path) {
    if (path.size() > kMaxDepth || !Take('{')) return false;
    SkipSpace();
    if (Take('}')) return true;
    do {
      SkipSpace();
      if (!Take('"')) return false;
      const char* key_end = EndOfValue(at_, end_, true, true);
      if (key_end == end_ || *key_end != '"') return false;
      path.emplace_back(at_, key_end);
      at_ = key_end + 1;
      SkipSpace();
      if (!Take(':')) return false;
      SkipSpace();
      if (!ReadValue(path)) return false;
      path.pop_back();
      SkipSpace();
    } while (Take(','));
    return Take('}');
  }

  bool ReadValue(std::vector<std::string>& path) {
    if (at_ == end_ || *at_ == '[') return false;
    if (*at_ == '{') return ReadObject(path);
    if (shape_.slots_.size() == kMaxSlots) return false;
    const bool is_text = Take('"');
    const char* value = at_;
    const char* value_end = EndOfValue(value, end_, is_text, false);
    if (value_end == end_ || (is_text ? *value_end != '"' : value_end == value)) return false;
    shape_.parts_.emplace_back(part_, value);
    shape_.slots_.push_back({path, is_text});
    part_ = at_ = value_end;
    return !is_text || Take('"');
  }

  bool HasTwins() const {
    std::vector<const std::vector<std::string>*> paths;
    for (const StatsShape::Slot& slot : shape_.slots_) paths.push_back(&slot.path);
    std::sort(paths.begin(), paths.end(), [](auto a, auto b) { return *a < *b; });
    return std::adjacent_find(paths.begin(), paths.end(),
                              [](auto a, auto b) { return *a == *b; }) != paths.end();
  }

  const char* at_;
  const char* const end_;
  const char* part_;  ///< where the part before the next slot begins
  StatsShape shape_;
};

std::optional<StatsShape> StatsShape::Of(std::string_view text) { return ShapeReader(text).Read(); }

int StatsShape::SlotAt(std::string_view group, const std::vector<std::string>& path) const {
  for (size_t i = 0; i < slots_.size(); ++i) {
    const auto& there = slots_[i].path;
    if (there.size() == path.size() + 1 && there.front() == group &&
        std::equal(path.begin(), path.end(), there.begin() + 1)) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

int StatsShape::SlotAt(std::string_view name) const { return SlotAt(name, {}); }

}  // namespace lakehouse::storage::delta
