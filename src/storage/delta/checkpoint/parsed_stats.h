#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <string>

namespace lakehouse::storage::delta {

/// The `stats` text that says what row `row` of a `stats_parsed` column says (PROTOCOL.md,
/// "Checkpoint Schema"). Empty when the row is null; parts of types without a place in statistics
/// are left out.
std::string StatsText(const arrow::Array& stats, int64_t row);

}  // namespace lakehouse::storage::delta
