#pragma once

#include <string>
#include <string_view>

namespace lakehouse::security {

/// SHA-256 of `bytes` in lower-case hex (64 characters).
std::string Sha256Hex(std::string_view bytes);

}  // namespace lakehouse::security
