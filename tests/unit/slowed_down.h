#pragma once

namespace lakehouse {

/// Do sanitizers slow this program down? Then what is done for each of very many cases is done for
/// some of them.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kSlowedDown = true;
#else
constexpr bool kSlowedDown = false;
#endif
#else
constexpr bool kSlowedDown = false;
#endif

}  // namespace lakehouse
