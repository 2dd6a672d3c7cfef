#pragma once

#include <cstdint>
#include <string_view>

namespace lakehouse::ingestion::connectors::files {

/// Text to value, whole and exact: false when the text is anything else. Surrounding blanks are not
/// skipped here. Dates are proleptic Gregorian with years 0000 to 9999.
bool ParseBigint(std::string_view text, int64_t* value);
bool ParseDouble(std::string_view text, double* value);  ///< also NaN, Infinity, -Infinity
bool ParseBoolean(std::string_view text, bool* value);   ///< true, false, t, f, yes, no, 1, 0
bool ParseDate(std::string_view text, int32_t* days);    ///< 2013-01-31
/// 2013-01-31T06:00:00.123456Z: 'T' or a blank, optional seconds, fraction and zone (Z, +hh:mm);
/// without a zone it is UTC. `zoned` tells whether one was there. A date alone is midnight.
bool ParseTimestamp(std::string_view text, int64_t* micros, bool* zoned);

std::string_view TrimBlanks(std::string_view text);

}  // namespace lakehouse::ingestion::connectors::files
