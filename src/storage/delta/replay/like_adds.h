#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/delta/snapshot/file_block.h"

namespace lakehouse::storage::delta {

/// Reads lines that are written as one add that was parsed, letter by letter, but for path, size,
/// time and statistics: most adds of a log are, and need no parsing. Not thread-safe.
class LikeAdds {
 public:
  /// What may differ from line to line.
  enum class Part : uint8_t { kPath, kSize, kTime, kStats };

  /// Begins to learn another line, of which no part is known yet.
  void Forget();
  /// A part of the line, in its order; `token` is what stands there, texts without their quotes.
  void Learn(Part part, std::string_view token) { found_.push_back({part, token}); }
  /// The line was parsed, and those are all of its parts that may differ.
  void Keep(std::string_view line);

  /// Sets path, size, time and statistics of `add`, which has everything else from the line that
  /// was kept. False, when the line is written in another way or damaged: then these are spoilt. A
  /// text of statistics is escaped, and a valid line has one of a known shape (FileBlockBuilder).
  bool Read(std::string_view line, AddView& add) const;

 private:
  struct Found {
    Part part;
    std::string_view token;
  };
  struct Slot {
    Part part;
    std::string before;  ///< what stands between it and the slot before
  };
  std::vector<Found> found_;  ///< of the line that is learnt
  std::vector<Slot> slots_;   ///< none: no line is known
  std::string behind_;        ///< what stands behind the last slot
};

}  // namespace lakehouse::storage::delta
