#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace lakehouse::storage {

/// Walks bytes that hold bitmaps of the RoaringFormatSpec and proves that they are whole: the
/// library trusts counts, orders and cardinalities that stand in them. Little-endian machines only.
class RoaringCursor {
 public:
  explicit RoaringCursor(std::string_view bytes) : rest_(bytes) {}

  bool AtEnd() const { return rest_.empty(); }

  template <typename Number>
  std::optional<Number> Take() {
    if (rest_.size() < sizeof(Number)) return std::nullopt;
    Number number;
    std::memcpy(&number, rest_.data(), sizeof(Number));
    rest_.remove_prefix(sizeof(Number));
    return number;
  }
  /// The bytes of one 32-bit bitmap; nothing when they are not well-formed.
  std::optional<std::string_view> TakeBitmap();

 private:
  std::string_view rest_;
};

}  // namespace lakehouse::storage
