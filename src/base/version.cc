#include "base/version.h"

namespace lakehouse {

std::string_view Version() { return "0.1.0"; }
std::string_view EngineInfo() { return "lakehouse/0.1.0"; }

}  // namespace lakehouse
