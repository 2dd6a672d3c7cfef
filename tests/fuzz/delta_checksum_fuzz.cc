// Any bytes as a version checksum: an Error or a checksum.
#include "fuzz_input.h"
#include "storage/delta/checkpoint/checksum.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = lakehouse::Text(data, size);
  lakehouse::Takes("LK-3", [&] { lakehouse::storage::delta::ParseChecksum(text, "fuzz"); });
  return 0;
}
