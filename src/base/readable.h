#pragma once

#include <cstdint>
#include <string>

namespace lakehouse {

/// "12.3 MB", by powers of 1000.
std::string ReadableBytes(int64_t bytes);

}  // namespace lakehouse
