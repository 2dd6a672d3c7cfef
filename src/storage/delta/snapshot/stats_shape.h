#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::storage::delta {

/// What the statistics of many files have alike: the text of one file with its values taken out,
/// `{"numRecords":_,"minValues":{"id":_,"name":"_"}}`. The values' places are slots.
class StatsShape {
 public:
  struct Slot {
    std::vector<std::string> path;  ///< the keys that lead to it
    bool is_text = false;           ///< its value stands between quotes
  };

  /// Nothing for a text that is no object of scalars and such objects, or that has a key with an
  /// escape, or one twice.
  static std::optional<StatsShape> Of(std::string_view text);

  const std::vector<Slot>& slots() const { return slots_; }
  /// The place of the slot; -1 when there is none.
  int SlotAt(std::string_view group, const std::vector<std::string>& path) const;
  int SlotAt(std::string_view name) const;

  /// What stands before each slot, and behind the last one.
  const std::vector<std::string>& parts() const { return parts_; }
  /// The same as it stands inside of a JSON text.
  const std::vector<std::string>& escaped_parts() const { return escaped_parts_; }

 private:
  friend class ShapeReader;
  std::vector<Slot> slots_;
  std::vector<std::string> parts_, escaped_parts_;
};

/// The end of the value that stands at `at` in a stats text. In an escaped text a value ends with
/// its first escape.
const char* EndOfValue(const char* at, const char* end, bool is_text, bool escaped);

}  // namespace lakehouse::storage::delta
