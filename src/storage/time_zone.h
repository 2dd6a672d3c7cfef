#pragma once

#include <cstdint>
#include <string>

namespace lakehouse::storage {

/// Microseconds UTC of a wall clock (microseconds since 1970-01-01 00:00 there) in a time zone of
/// the IANA database; the earlier one of two; in a gap the clock that was not yet put forward.
/// InvalidArgument LK-3505 for a zone that is not known.
int64_t InstantOf(int64_t wall_clock_micros, const std::string& zone);

}  // namespace lakehouse::storage
