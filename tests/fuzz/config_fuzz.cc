// Any bytes as a configuration file: an Error with a code of configuration, or a configuration
// whose every value can be asked for and set again.
#include <stdlib.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/config.h"
#include "base/error.h"

namespace {

/// One file of this process, written anew for each input.
const std::string& InputFile() {
  static const std::string path = [] {
    std::string name = "/tmp/lakehouse-config-fuzz-XXXXXX";
    const int file = mkstemp(name.data());
    LAKE_CHECK(file >= 0);
    close(file);
    return name;
  }();
  return path;
}

void CheckAllValues(const lakehouse::Config& config) {
  lakehouse::Config again = config;
  for (const lakehouse::Setting& setting : lakehouse::Settings()) {
    const lakehouse::ConfigValue& value = config.Get(setting.key);
    LAKE_CHECK(!value.origin.empty());
    again = again.With(setting.key, value.text);
    LAKE_CHECK(again.GetString(setting.key) == value.text);
    if (value.text.empty()) continue;
    if (setting.type == lakehouse::SettingType::kBytes) {
      LAKE_CHECK(config.GetBytes(setting.key) >= 0);
    }
    if (setting.type == lakehouse::SettingType::kDurationMs) {
      LAKE_CHECK(config.GetDurationMs(setting.key) >= 0);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // References to files would read the machine's own, which may block or differ.
  if (std::string_view(reinterpret_cast<const char*>(data), size).find("file:") !=
      std::string_view::npos) {
    return 0;
  }
  FILE* file = fopen(InputFile().c_str(), "wb");
  LAKE_CHECK(file != nullptr);
  fwrite(data, 1, size, file);
  fclose(file);
  lakehouse::Config::Source source;
  source.file = InputFile();
  source.variables["X"] = "x";
  try {
    CheckAllValues(lakehouse::Config::Load(source));
  } catch (const lakehouse::Error& error) {
    if (error.code().rfind("LK-1", 0) != 0) throw;
  }
  return 0;
}
