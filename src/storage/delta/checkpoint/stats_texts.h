#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "storage/delta/checkpoint/reused_memory.h"
#include "storage/delta/snapshot/packed_stats.h"

namespace lakehouse::storage::delta {

/// Writes the statistics of the files of a block as PackedStats::Text gives them. What all files of
/// one shape have alike is put together once. Valid as long as the block.
class StatsTexts {
 public:
  explicit StatsTexts(const PackedStats& stats);
  /// Null when the file has none.
  void Append(size_t index, TextColumn& column) const;
  /// The same of a block with so few files that it is not worth while to look for what is alike.
  static void AppendPlain(const PackedStats& stats, size_t index, TextColumn& column);

 private:
  /// A value that is not the same for all, and where the text before it ends in `fixed`.
  struct Piece {
    size_t fixed_end = 0;
    const PackedValues* values = nullptr;
  };
  struct Shape {
    std::string fixed;
    std::vector<Piece> pieces;
    size_t max_bytes = 0;  ///< of a text
  };
  static Shape ShapeOf(const PackedStats::Rows& rows);

  const PackedStats& stats_;
  std::vector<Shape> shapes_;
};

}  // namespace lakehouse::storage::delta
