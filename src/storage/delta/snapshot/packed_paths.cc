#include "storage/delta/snapshot/packed_paths.h"

#include <array>
#include <utility>

namespace lakehouse::storage::delta {
namespace {

constexpr size_t kUuidChars = 36;
constexpr size_t kUuidBytes = 16;
constexpr char kHex[] = "0123456789abcdef";
/// Where the two digits of each byte stand.
constexpr std::array<uint8_t, kUuidBytes> kPlaces = {0,  2,  4,  6,  9,  11, 14, 16,
                                                     19, 21, 24, 26, 28, 30, 32, 34};

constexpr std::array<uint8_t, 256> DigitValues() {
  std::array<uint8_t, 256> values{};
  for (auto& value : values) value = 0xFF;
  for (uint8_t i = 0; i < 16; ++i) values[static_cast<unsigned char>(kHex[i])] = i;
  return values;
}
constexpr auto kValues = DigitValues();

/// False when the 36 characters are no UUID in the form that WriteUuid gives.
bool ReadUuid(const char* text, char* bytes) {
  if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return false;
  for (size_t i = 0; i < kUuidBytes; ++i) {
    const uint8_t high = kValues[static_cast<unsigned char>(text[kPlaces[i]])];
    const uint8_t low = kValues[static_cast<unsigned char>(text[kPlaces[i] + 1])];
    if ((high | low) > 15) return false;
    bytes[i] = static_cast<char>(high << 4 | low);
  }
  return true;
}

/// The two digits of every byte.
constexpr std::array<char, 512> DigitPairs() {
  std::array<char, 512> pairs{};
  for (size_t byte = 0; byte < 256; ++byte) {
    pairs[byte * 2] = kHex[byte >> 4];
    pairs[byte * 2 + 1] = kHex[byte & 15];
  }
  return pairs;
}
constexpr auto kDigitPairs = DigitPairs();

void WriteUuid(const char* bytes, char* text) {
  text[8] = text[13] = text[18] = text[23] = '-';
  for (size_t i = 0; i < kUuidBytes; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    std::memcpy(text + kPlaces[i], kDigitPairs.data() + size_t{byte} * 2, 2);
  }
}

/// Where a UUID begins; npos when there is none.
size_t FindUuid(std::string_view path) {
  char bytes[kUuidBytes];
  for (size_t dash = path.find('-', 8); dash != std::string_view::npos;
       dash = path.find('-', dash + 1)) {
    if (dash - 8 + kUuidChars > path.size()) break;
    if (ReadUuid(path.data() + dash - 8, bytes)) return dash - 8;
  }
  return std::string_view::npos;
}

}  // namespace

PathText PackedPaths::at(size_t index) const {
  const char* slot = slots_.data() + index * kSlotBytes;
  const auto frame_of = static_cast<size_t>(frames_of_.at(index));
  if (frame_of == 0) {
    uint32_t place[2];
    std::memcpy(place, slot, sizeof(place));
    PathText text(place[1]);
    std::memcpy(text.data(), texts_.data() + place[0], place[1]);
    return text;
  }
  const Frame& frame = frames_[frame_of - 1];
  PathText text(frame.before_size + kUuidChars + frame.behind_size);
  char* to = text.data();
  std::memcpy(to, texts_.data() + frame.before_at, frame.before_size);
  WriteUuid(slot, to + frame.before_size);
  std::memcpy(to + frame.before_size + kUuidChars, texts_.data() + frame.behind_at,
              frame.behind_size);
  return text;
}

size_t PackedPaths::memory_bytes() const {
  return frames_of_.memory_bytes() + slots_.capacity() + frames_.capacity() * sizeof(Frame) +
         texts_.capacity();
}

uint32_t PathPacker::PutText(std::string_view text) {
  const auto at = static_cast<uint32_t>(paths_.texts_.size());
  paths_.texts_ += text;
  return at;
}

bool PathPacker::AddByFrame(std::string_view path, size_t frame_of) {
  const Frame& frame = paths_.frames_[frame_of - 1];
  if (path.size() != frame.before_size + kUuidChars + frame.behind_size) return false;
  const std::string_view texts = paths_.texts_;
  if (!path.starts_with(texts.substr(frame.before_at, frame.before_size))) return false;
  if (!path.ends_with(texts.substr(frame.behind_at, frame.behind_size))) return false;
  char bytes[kUuidBytes];
  if (!ReadUuid(path.data() + frame.before_size, bytes)) return false;
  paths_.slots_.append(bytes, sizeof(bytes));
  frames_of_.push_back(static_cast<int64_t>(frame_of));
  return true;
}

size_t PathPacker::FrameOf(std::string_view before, std::string_view behind) {
  const std::string key = std::string(before) + '\0' + std::string(behind);
  const auto [known, is_new] = known_frames_.emplace(key, paths_.frames_.size() + 1);
  if (is_new) {
    paths_.frames_.push_back({PutText(before), static_cast<uint32_t>(before.size()),
                              PutText(behind), static_cast<uint32_t>(behind.size())});
  }
  return known->second;
}

void PathPacker::Add(std::string_view path) {
  if (last_frame_ > 0 && AddByFrame(path, last_frame_)) return;
  const size_t uuid = FindUuid(path);
  if (uuid != std::string_view::npos) {
    last_frame_ = FrameOf(path.substr(0, uuid), path.substr(uuid + kUuidChars));
    if (AddByFrame(path, last_frame_)) return;
  }
  const uint32_t place[2] = {PutText(path), static_cast<uint32_t>(path.size())};
  std::string slot(PackedPaths::kSlotBytes, '\0');
  std::memcpy(slot.data(), place, sizeof(place));
  paths_.slots_ += slot;
  frames_of_.push_back(0);
}

PackedPaths PathPacker::Finish() {
  paths_.frames_of_ = PackedNumbers(frames_of_);
  paths_.slots_.shrink_to_fit();
  paths_.frames_.shrink_to_fit();
  paths_.texts_.shrink_to_fit();
  PackedPaths packed = std::move(paths_);
  *this = PathPacker();
  return packed;
}

}  // namespace lakehouse::storage::delta
