#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lakehouse::ingestion::connectors::postgresql {

/// The text of a binary numeric ("-12.340", "NaN", "Infinity"), with as many digits after the point
/// as the value has. Nothing for bytes that are no numeric.
std::optional<std::string> NumericToText(std::string_view bytes);

}  // namespace lakehouse::ingestion::connectors::postgresql
