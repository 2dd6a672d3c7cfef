#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/delta/snapshot/packed_numbers.h"

namespace lakehouse::storage::delta {

/// A text of a path's usual length without memory of its own.
class PathText {
 public:
  explicit PathText(size_t size) : size_(size) {
    if (size > sizeof(short_)) long_.resize(size);
  }
  char* data() { return size_ > sizeof(short_) ? long_.data() : short_; }
  std::string_view view() const { return {size_ > sizeof(short_) ? long_.data() : short_, size_}; }

 private:
  size_t size_;
  char short_[112];
  std::string long_;
};

/// Paths of data files, which nearly all have a UUID in their name: it is kept in 16 bytes, and
/// what stands before and behind it once for all paths that have it alike.
class PackedPaths {
 public:
  PathText at(size_t index) const;
  size_t memory_bytes() const;

 private:
  friend class PathPacker;
  static constexpr size_t kSlotBytes = 16;

  /// What stands around a UUID, as places in texts_.
  struct Frame {
    uint32_t before_at = 0, before_size = 0, behind_at = 0, behind_size = 0;
  };

  PackedNumbers frames_of_;  ///< per path: 0 for none, else one more than the place in frames_
  std::string slots_;        ///< per path: the UUID; else place and size of the path in texts_
  std::vector<Frame> frames_;
  std::string texts_;
};

/// Makes PackedPaths.
class PathPacker {
 public:
  void Add(std::string_view path);
  /// Leaves the packer empty.
  PackedPaths Finish();

 private:
  using Frame = PackedPaths::Frame;
  bool AddByFrame(std::string_view path, size_t frame);
  size_t FrameOf(std::string_view before, std::string_view behind);
  uint32_t PutText(std::string_view text);

  PackedPaths paths_;
  std::vector<int64_t> frames_of_;
  std::unordered_map<std::string, size_t> known_frames_;
  size_t last_frame_ = 0;
};

}  // namespace lakehouse::storage::delta
