#pragma once

#include <string_view>

namespace lakehouse {

/// Throws Internal LK-0001 that names the condition and its place. Fails the request, not the
/// server.
[[noreturn]] void CheckFailed(std::string_view condition, std::string_view file, int line);

}  // namespace lakehouse

/// What must hold. Evaluated in every build.
#define LAKE_CHECK(condition)                                                   \
  do {                                                                          \
    if (!(condition)) ::lakehouse::CheckFailed(#condition, __FILE__, __LINE__); \
  } while (false)

/// As LAKE_CHECK, but only in debug builds: for hot loops.
#ifdef NDEBUG
#define LAKE_DCHECK(condition) \
  do {                         \
  } while (false)
#else
#define LAKE_DCHECK(condition) LAKE_CHECK(condition)
#endif
