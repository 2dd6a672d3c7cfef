// Any bytes as a variant, and any text as its JSON: an Error or a value, and what was written is
// read equal.
#include <algorithm>

#include "fuzz_input.h"
#include "storage/variant.h"

namespace storage = lakehouse::storage;
using lakehouse::Require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = lakehouse::Text(data, size);
  lakehouse::Takes("LK-4095", [&] {
    const auto again = [](std::string_view text) {
      return storage::VariantJson(storage::ParseVariant(text).view());
    };
    // A double without a fraction comes back as a decimal first, then as an integer.
    const std::string json = again(again(bytes));
    Require(again(json) == json);
  });
  if (size == 0) return 0;
  const size_t names = std::min<size_t>(data[0], size - 1);
  const storage::VariantView variant{bytes.substr(1, names), bytes.substr(1 + names)};
  lakehouse::Takes("LK-3506", [&] { storage::CheckVariant(variant); });
  lakehouse::Takes("LK-3506", [&] {
    for (const char* path : {"$", "$.a", "$[0].b", "$.a[1]"}) {
      storage::VariantAt(variant, storage::ParseVariantPath(path));
    }
  });
  return 0;
}
