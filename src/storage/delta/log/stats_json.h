#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/snapshot.h"

namespace lakehouse::storage::delta {

/// The `stats` text of an add action (PROTOCOL.md, "Per-file Statistics"): long strings cut to 32
/// UTF-16 units with a valid upper bound, timestamps floored to milliseconds, NaN and infinities
/// left out. Columns get the names that `mapping` gives them in data files.
std::string WriteStats(const FileStats& stats, const Schema& schema,
                       ColumnMapping mapping = ColumnMapping::kNone);

/// The same statistics with `tightBounds` false: rows are deleted from the file. Nothing for a text
/// that is no object.
std::optional<std::string> WithWideBounds(std::string_view stats);

/// The type of a leaf column, and appended to `physical` the way to it in data files; null when it
/// is not there.
const DataType* FindLeaf(const Schema& schema, ColumnMapping mapping, const ColumnPath& path,
                         ColumnPath& physical);

/// numRecords, or -1. Never throws: odd text is unknown.
int64_t ParseRecordCount(std::string_view stats);

/// The bounds of one leaf column; unknown where the text does not say. Upper bounds of timestamps
/// are widened by what flooring may have cut. Never throws.
LeafStats ParseLeaf(std::string_view stats, const ColumnPath& column, const DataType& type);

/// The bound that a value in a stats text gives, which stands there between quotes or not; null
/// where it gives none, nothing for a text that is no value of the type.
std::optional<Value> BoundOfText(std::string_view text, bool quoted, const DataType& type,
                                 bool upper);
std::optional<Value> BoundOfNumber(int64_t number, const DataType& type, bool upper);

/// A leaf column by the path that statistics have for it.
struct StatsLeaf {
  ColumnPath path;
  DataTypePtr type;
};

/// What one stats text says of several leaf columns.
struct ParsedStats {
  int64_t num_records = -1;
  std::optional<bool> tight_bounds;  ///< nothing when it is not said
  std::vector<LeafStats> leaves;     ///< in the order that was asked for
};

/// Parses the text once, with the rules of ParseLeaf. Nothing for a text that is none.
std::optional<ParsedStats> ParseStats(std::string_view stats, const std::vector<StatsLeaf>& leaves);

}  // namespace lakehouse::storage::delta
