#pragma once

#include <string_view>

#ifdef LAKEHOUSE_PLANTED
#include <cstdlib>
#endif

namespace lakehouse {

#ifdef LAKEHOUSE_PLANTED
/// Is `id` the bug that the environment variable LAKEHOUSE_PLANT names?
inline bool IsPlanted(std::string_view id) {
  const char* const chosen = std::getenv("LAKEHOUSE_PLANT");
  return chosen != nullptr && id == chosen;
}
#endif

}  // namespace lakehouse

/// Where a planted bug would be: false, but in the programs of tests/sim that must find it. `id` is
/// "part.what".
#ifdef LAKEHOUSE_PLANTED
#define LAKE_PLANT(id) ::lakehouse::IsPlanted(id)
#else
#define LAKE_PLANT(id) false
#endif
