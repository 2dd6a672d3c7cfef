#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
/// This program is built with the address sanitizer.
#define LAKEHOUSE_ADDRESS_SANITIZER
#endif
#endif

namespace lakehouse {

/// Do sanitizers slow this program down? Then what is done for each of very many cases is done for
/// some of them.
#ifdef LAKEHOUSE_ADDRESS_SANITIZER
constexpr bool kSlowedDown = true;
#else
constexpr bool kSlowedDown = false;
#endif

}  // namespace lakehouse
