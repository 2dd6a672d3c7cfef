// Any bytes as a version checksum: an Error or a checksum.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "storage/delta/checksum.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    lakehouse::storage::delta::ParseChecksum(text, "fuzz");
  } catch (const lakehouse::Error&) {
  }
  return 0;
}
