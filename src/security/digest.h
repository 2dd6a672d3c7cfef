#pragma once

#include <string>
#include <string_view>

#include "io/hasher.h"

namespace lakehouse::security {

/// SHA-256 of `bytes` in lower-case hex (64 characters).
std::string Sha256Hex(std::string_view bytes);

/// OpenSSL's digests; lives as long as the process.
const io::Hasher& OpenSslHasher();

}  // namespace lakehouse::security
