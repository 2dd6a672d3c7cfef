#include "catalog/metadata/properties_json.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace lakehouse::catalog::metadata {

std::string ToJson(const std::map<std::string, std::string>& properties) {
  return nlohmann::json(properties).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::map<std::string, std::string> FromJson(const std::string& text) {
  try {
    return nlohmann::json::parse(text).get<std::map<std::string, std::string>>();
  } catch (const nlohmann::json::exception& failure) {
    throw Error(ErrorKind::kCorruption, "LK-2021",
                std::string("properties in the metadata store are damaged: ") + failure.what(),
                "Restore the file from a backup.");
  }
}

}  // namespace lakehouse::catalog::metadata
