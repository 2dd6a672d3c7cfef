#include "storage/roaring_form.h"

#include <bit>
#include <vector>

namespace lakehouse::storage {
namespace {

// RoaringFormatSpec, "General layout".
constexpr uint32_t kCookieWithoutRuns = 12346;
constexpr uint32_t kCookieWithRuns = 12347;
constexpr uint32_t kMaxContainers = 1 << 16;
constexpr uint32_t kFewContainers = 4;  // with runs and fewer containers there are no offsets
constexpr uint32_t kMaxArray = 4096;    // values in an array container
constexpr size_t kBitsetWords = 1024;

struct Container {
  uint32_t cardinality = 0;
  bool is_run = false;
};

/// Values in ascending order, each once.
bool SkipArray(RoaringCursor& cursor, uint32_t cardinality) {
  int32_t before = -1;
  for (uint32_t i = 0; i < cardinality; ++i) {
    const auto value = cursor.Take<uint16_t>();
    if (!value || *value <= before) return false;
    before = *value;
  }
  return true;
}

bool SkipBitset(RoaringCursor& cursor, uint32_t cardinality) {
  uint32_t bits = 0;
  for (size_t i = 0; i < kBitsetWords; ++i) {
    const auto word = cursor.Take<uint64_t>();
    if (!word) return false;
    bits += static_cast<uint32_t>(std::popcount(*word));
  }
  return bits == cardinality;
}

/// Runs in ascending order without overlap, with as many values as the header says.
bool SkipRuns(RoaringCursor& cursor, uint32_t cardinality) {
  const auto count = cursor.Take<uint16_t>();
  if (!count) return false;
  int64_t before = -1;
  uint32_t values = 0;
  for (uint32_t i = 0; i < *count; ++i) {
    const auto start = cursor.Take<uint16_t>();
    const auto more = cursor.Take<uint16_t>();
    if (!start || !more || *start <= before) return false;
    before = int64_t{*start} + *more;
    if (before > UINT16_MAX) return false;
    values += uint32_t{*more} + 1;
  }
  return values == cardinality;
}

/// The cookie, which containers are runs, and keys with cardinalities.
std::optional<std::vector<Container>> TakeHeader(RoaringCursor& cursor) {
  const auto cookie = cursor.Take<uint32_t>();
  if (!cookie) return std::nullopt;
  const bool with_runs = (*cookie & 0xFFFF) == kCookieWithRuns;
  uint32_t count = (*cookie >> 16) + 1;
  if (!with_runs) {
    const auto size = cursor.Take<uint32_t>();
    if (*cookie != kCookieWithoutRuns || !size) return std::nullopt;
    count = *size;
  }
  if (count > kMaxContainers) return std::nullopt;
  std::vector<Container> containers(count);
  for (uint32_t i = 0; with_runs && i < count; i += 8) {
    const auto flags = cursor.Take<uint8_t>();
    if (!flags) return std::nullopt;
    for (uint32_t bit = 0; bit < 8 && i + bit < count; ++bit) {
      containers[i + bit].is_run = ((*flags >> bit) & 1) != 0;
    }
  }
  int32_t before = -1;
  for (Container& container : containers) {
    const auto key = cursor.Take<uint16_t>();
    const auto less_one = cursor.Take<uint16_t>();
    if (!key || !less_one || *key <= before) return std::nullopt;
    before = *key;
    container.cardinality = uint32_t{*less_one} + 1;
  }
  // Where each container begins; they follow each other, so nothing is learned from it.
  for (uint32_t i = 0; (!with_runs || count >= kFewContainers) && i < count; ++i) {
    if (!cursor.Take<uint32_t>()) return std::nullopt;
  }
  return containers;
}

}  // namespace

std::optional<std::string_view> RoaringCursor::TakeBitmap() {
  const std::string_view begin = rest_;
  const auto containers = TakeHeader(*this);
  if (!containers) return std::nullopt;
  for (const Container& container : *containers) {
    const bool whole = container.is_run ? SkipRuns(*this, container.cardinality)
                       : container.cardinality <= kMaxArray
                           ? SkipArray(*this, container.cardinality)
                           : SkipBitset(*this, container.cardinality);
    if (!whole) return std::nullopt;
  }
  return begin.substr(0, begin.size() - rest_.size());
}

}  // namespace lakehouse::storage
