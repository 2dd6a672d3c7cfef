#pragma once

namespace lakehouse::storage {

/// Properties of a table with column mapping: "none", "name" or "id", and the highest id so far.
inline constexpr char kMappingModeKey[] = "delta.columnMapping.mode";
inline constexpr char kMaxColumnIdKey[] = "delta.columnMapping.maxColumnId";

}  // namespace lakehouse::storage
