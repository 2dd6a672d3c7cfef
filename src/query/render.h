#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <string>

namespace lakehouse::query {

/// One value as text, in DuckDB's form: NULL, true, 1.0, 12.50, 2024-01-31, 2024-01-31 10:00:00.5,
/// 2024-01-31 10:00:00+00 (an instant, in UTC), [1, 2], {'a': 1}, {key=value}, \x00 in binary. A
/// top-level string is written as it is. Pure; `row` must be inside `array`. Throws Unsupported
/// LK-4012 for an Arrow type that no result has.
std::string FormatCell(const arrow::Array& array, int64_t row);

}  // namespace lakehouse::query
