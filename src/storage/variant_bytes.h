#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "storage/variant_encoding.h"

// Where things are in the bytes of a variant (VariantEncoding.md). Nothing is read past their end:
// Corruption LK-3506.

namespace lakehouse::storage::variant {

[[noreturn]] void ThrowDamaged(const std::string& why);

/// Bytes that are only read where they are.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

  std::string_view At(size_t begin, size_t size) const {
    if (begin > bytes_.size() || size > bytes_.size() - begin) ThrowDamaged("it ends too early");
    return bytes_.substr(begin, size);
  }
  uint8_t Byte(size_t at) const { return static_cast<uint8_t>(At(at, 1)[0]); }
  /// Little-endian, of 1 to 8 bytes.
  uint64_t Unsigned(size_t at, size_t size) const {
    uint64_t number = 0;
    std::memcpy(&number, At(at, size).data(), size);
    return number;
  }
  size_t size() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

/// The names of fields.
class Dictionary {
 public:
  explicit Dictionary(std::string_view metadata) : bytes_(metadata) {
    const uint8_t header = bytes_.Byte(0);
    if ((header & 0x0F) != kVariantVersion) {
      ThrowDamaged("version " + std::to_string(header & 0x0F) + " of the encoding is not known");
    }
    width_ = static_cast<size_t>(header >> 6) + 1;
    count_ = bytes_.Unsigned(1, width_);
    if (count_ > bytes_.size()) ThrowDamaged("it has more names than bytes");
  }

  size_t size() const { return count_; }
  std::string_view Name(uint64_t id) const {
    if (id >= count_) ThrowDamaged("a field has no name");
    const uint64_t begin = Offset(id), end = Offset(id + 1);
    if (end < begin) ThrowDamaged("a name ends before it begins");
    return bytes_.At(1 + width_ * (count_ + 2) + begin, end - begin);
  }

 private:
  uint64_t Offset(uint64_t at) const { return bytes_.Unsigned(1 + width_ * (at + 1), width_); }

  Bytes bytes_;
  size_t width_ = 1;
  uint64_t count_ = 0;
};

/// Where the parts of an object or an array are.
class Container {
 public:
  explicit Container(std::string_view value) : bytes_(value) {
    const uint8_t header = bytes_.Byte(0);
    is_object_ = BasicTypeOf(header) == VariantBasic::kObject;
    const int bits = header >> 2;
    offset_width_ = static_cast<size_t>(bits & 3) + 1;
    id_width_ = is_object_ ? static_cast<size_t>((bits >> 2) & 3) + 1 : 0;
    const bool large = (bits >> (is_object_ ? 4 : 2)) & 1;
    const size_t count_width = large ? 4 : 1;
    count_ = bytes_.Unsigned(1, count_width);
    if (count_ > bytes_.size()) ThrowDamaged("it has more parts than bytes");
    ids_ = 1 + count_width;
    offsets_ = ids_ + id_width_ * count_;
    values_ = offsets_ + offset_width_ * (count_ + 1);
  }

  bool is_object() const { return is_object_; }
  uint64_t size() const { return count_; }
  uint64_t NameId(uint64_t at) const { return bytes_.Unsigned(ids_ + id_width_ * at, id_width_); }
  std::string_view Value(uint64_t at) const {
    const uint64_t begin = bytes_.Unsigned(offsets_ + offset_width_ * at, offset_width_);
    const uint64_t end = bytes_.Unsigned(offsets_ + offset_width_ * count_, offset_width_);
    if (begin >= end) ThrowDamaged("a part has no bytes");
    return bytes_.At(values_ + begin, end - begin);
  }

 private:
  Bytes bytes_;
  bool is_object_ = false;
  size_t offset_width_ = 1, id_width_ = 0;
  uint64_t count_ = 0;
  size_t ids_ = 0, offsets_ = 0, values_ = 0;
};

/// Of a primitive of fixed size.
template <typename Number>
Number Fixed(std::string_view value) {
  Number number;
  std::memcpy(&number, Bytes(value).At(1, sizeof(Number)).data(), sizeof(Number));
  return number;
}

/// Of a long string or of binary.
inline std::string_view LongText(std::string_view value) {
  return Bytes(value).At(5, Bytes(value).Unsigned(1, 4));
}

}  // namespace lakehouse::storage::variant
