#include "base/ids.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"

namespace lakehouse {
namespace {

constexpr char kHex[] = "0123456789abcdef";

bool IsDash(size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

void Fill(Random& random, Uuid& id) {
  for (size_t half = 0; half < 2; ++half) {
    const uint64_t bits = random.Next64();
    for (size_t i = 0; i < 8; ++i) id.bytes[half * 8 + i] = static_cast<uint8_t>(bits >> (8 * i));
  }
}

void SetVersion(Uuid& id, uint8_t version) {
  id.bytes[6] = static_cast<uint8_t>((id.bytes[6] & 0x0F) | (version << 4));
  id.bytes[8] = static_cast<uint8_t>((id.bytes[8] & 0x3F) | 0x80);
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Uuid Uuid::V4(Random& random) {
  Uuid id;
  Fill(random, id);
  SetVersion(id, 4);
  return id;
}

Uuid Uuid::V7(const Clock& clock, Random& random) {
  Uuid id;
  Fill(random, id);
  const auto now_ms = static_cast<uint64_t>(clock.NowMs());
  for (size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<uint8_t>(now_ms >> (8 * (5 - i)));
  SetVersion(id, 7);
  return id;
}

Uuid Uuid::Parse(std::string_view text) {
  const auto fail = [&] {
    return Error(ErrorKind::kInvalidArgument, "LK-0005",
                 "'" + std::string(text.substr(0, 64)) + "' is not a UUID",
                 "A UUID has 36 characters: 8-4-4-4-12 hexadecimal digits.");
  };
  if (text.size() != 36) throw fail();
  Uuid id;
  size_t digit = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsDash(i)) {
      if (text[i] != '-') throw fail();
      continue;
    }
    const int value = HexValue(text[i]);
    if (value < 0) throw fail();
    id.bytes[digit / 2] = static_cast<uint8_t>(id.bytes[digit / 2] << 4 | value);
    ++digit;
  }
  return id;
}

std::string Uuid::ToString() const {
  std::string text;
  for (const uint8_t byte : bytes) {
    if (IsDash(text.size())) text += '-';
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

}  // namespace lakehouse
