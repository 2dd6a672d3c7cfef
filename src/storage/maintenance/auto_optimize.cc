#include "storage/maintenance/auto_optimize.h"

#include <algorithm>
#include <cctype>

namespace lakehouse::storage::maintenance {
namespace {

using Properties = std::map<std::string, std::string>;

/// In lower case: that of `key`, else that of delta.autoOptimize; empty without both.
std::string PropertyOf(const Properties& properties, const char* key) {
  for (const char* one : {key, "delta.autoOptimize"}) {
    const auto found = properties.find(one);
    if (found == properties.end() || found->second.empty()) continue;
    std::string value = found->second;
    std::transform(value.begin(), value.end(), value.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return value;
  }
  return {};
}

}  // namespace

bool WantsAutoCompaction(const Properties& properties) {
  const std::string value = PropertyOf(properties, "delta.autoOptimize.autoCompact");
  return !value.empty() && value != "false";
}

bool WantsOptimizedWrites(const Properties& properties) {
  return PropertyOf(properties, "delta.autoOptimize.optimizeWrite") == "true";
}

}  // namespace lakehouse::storage::maintenance
