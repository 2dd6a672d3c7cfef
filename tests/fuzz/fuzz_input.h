#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/error.h"

namespace lakehouse {

inline std::string_view Text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Ends the fuzzer with a finding.
[[noreturn]] inline void Finding() { __builtin_trap(); }

inline void Require(bool holds) {
  if (!holds) Finding();
}

/// Runs `parse`; true when it took the input. An Error must have a code that begins with `family`
/// ("LK-3"): any other one, such as LK-0001 for a broken assumption, is a finding.
template <typename Parse>
bool Takes(std::string_view family, Parse&& parse) {
  try {
    parse();
    return true;
  } catch (const Error& error) {
    if (!error.code().starts_with(family)) {
      std::fprintf(stderr, "%s\n", error.what());
      Finding();
    }
    return false;
  }
}

}  // namespace lakehouse
