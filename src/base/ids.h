#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace lakehouse {

class Clock;
class Random;

/// 16 bytes, RFC 9562.
struct Uuid {
  std::array<uint8_t, 16> bytes{};

  static Uuid V4(Random& random);
  /// Time-ordered: 48 bits of milliseconds, then random.
  static Uuid V7(const Clock& clock, Random& random);
  /// Throws InvalidArgument LK-0005 for anything but the 36-character form.
  static Uuid Parse(std::string_view text);
  /// Lower case, 36 characters.
  std::string ToString() const;
  friend bool operator==(const Uuid&, const Uuid&) = default;
};

}  // namespace lakehouse
