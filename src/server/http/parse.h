#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "server/http/message.h"

namespace lakehouse::server::http {

/// The request that `bytes` begin with, read as the server reads it from a connection; nothing when
/// it is not whole or is refused without an answer. Throws InvalidArgument LK-6009 for what is no
/// request and ResourceExhausted LK-6004 beyond the limits. For tests and the fuzz target.
std::optional<Request> ParseRequest(std::string_view bytes, uint32_t max_header_bytes,
                                    uint64_t max_body_bytes);

}  // namespace lakehouse::server::http
