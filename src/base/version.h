#pragma once

#include <string_view>

namespace lakehouse {

/// "0.1.0"
std::string_view Version();
/// "lakehouse/0.1.0", as written into table logs and HTTP headers.
std::string_view EngineInfo();

}  // namespace lakehouse
