#include "storage/table.h"

#include <algorithm>
#include <cctype>

namespace lakehouse::storage {

bool AllowsDeletionVectors(const Snapshot& table) {
  const auto& features = table.protocol().reader_features;
  if (std::find(features.begin(), features.end(), "deletionVectors") == features.end()) {
    return false;
  }
  const auto& properties = table.metadata().properties;
  const auto found = properties.find("delta.enableDeletionVectors");
  constexpr std::string_view kTrue = "true";
  return found != properties.end() &&
         std::equal(
             kTrue.begin(), kTrue.end(), found->second.begin(), found->second.end(),
             [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

}  // namespace lakehouse::storage
