#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/row_set.h"

namespace lakehouse::storage::delta {

/// Where rows of a commit that rearranges went: the live rows of `sources`, one file behind the
/// other and each in its order, are the rows of the new files `targets`, one behind the other.
struct MovedRows {
  struct Source {
    std::string path;
    std::string vector_id;  ///< DeletionVector::UniqueId of the vector that was heeded; "": none
    int64_t rows = 0;       ///< live ones
  };
  struct Target {
    std::string path;
    int64_t rows = 0;
  };
  std::vector<Source> sources;
  std::vector<Target> targets;

  /// The source `path`, by KeyOf, or -1.
  int IndexOf(std::string_view path) const;
  /// The rows of a target.
  int64_t RowsOf(std::string_view target) const;
  /// Where `rows` of source `index` went, by path of the target; `gaps` are the rows of its vector.
  std::map<std::string, RowSet> Follow(size_t index, const RowSet& rows, const RowSet& gaps) const;
};

/// The tag of commitInfo that holds them (docs/format/delta.md, "Commits at the same time").
inline constexpr char kMovedTag[] = "lakehouse.moved";

std::string MovesText(const std::vector<MovedRows>& moves);
/// The reverse; nothing for a text that is none, which only means that nobody knows.
std::vector<MovedRows> ParseMoves(const std::string& text);

}  // namespace lakehouse::storage::delta
