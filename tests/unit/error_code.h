#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"

namespace lakehouse {

/// The code of the Error that `work` throws, or "" when it throws none.
template <typename Work>
std::string CodeOf(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  return "";
}

}  // namespace lakehouse
