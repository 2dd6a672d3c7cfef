#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace lakehouse::ingestion::connectors::postgresql {

/// An integer of the wire (big-endian); `bytes` has at least sizeof(T).
template <std::integral T>
T ReadBigEndian(const char* bytes) {
  std::make_unsigned_t<T> value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<std::make_unsigned_t<T>>((static_cast<uint64_t>(value) << 8) |
                                                 static_cast<unsigned char>(bytes[i]));
  }
  return static_cast<T>(value);
}

/// Reads front to back; false from then on when bytes are missing.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  template <std::integral T>
  bool Take(T* value) {
    if (rest_.size() < sizeof(T)) return false;
    *value = ReadBigEndian<T>(rest_.data());
    rest_.remove_prefix(sizeof(T));
    return true;
  }
  bool TakeBytes(size_t size, std::string_view* bytes) {
    if (rest_.size() < size) return false;
    *bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace lakehouse::ingestion::connectors::postgresql
