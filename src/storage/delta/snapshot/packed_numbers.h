#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace lakehouse::storage::delta {

/// Whole numbers that never change, in as few bytes each as their range needs: none at all when
/// they are all the same.
class PackedNumbers {
 public:
  PackedNumbers() = default;
  explicit PackedNumbers(const std::vector<int64_t>& numbers);

  int64_t at(size_t index) const {
    switch (width_) {
      case 0:
        return base_;
      case 1:
        return base_ + static_cast<unsigned char>(bytes_[index]);
      case 2:
        return base_ + Load<uint16_t>(index);
      case 4:
        return base_ + Load<uint32_t>(index);
      default:
        return Load<int64_t>(index);
    }
  }
  size_t memory_bytes() const { return bytes_.capacity(); }

 private:
  template <typename Number>
  Number Load(size_t index) const {
    Number number;
    std::memcpy(&number, bytes_.data() + index * sizeof(Number), sizeof(Number));
    return number;
  }
  template <typename Number>
  void Store(const std::vector<int64_t>& numbers);

  int64_t base_ = 0;
  uint8_t width_ = 0;  ///< bytes of one number
  std::string bytes_;
};

}  // namespace lakehouse::storage::delta
