// Any bytes as the checkpoint of a table, once as Parquet and once as JSON: an Error or a state.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "storage/delta/checkpoint.h"

namespace delta = lakehouse::storage::delta;
namespace io = lakehouse::io;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto store = io::MakeMemoryStore();
  const delta::Log log({store, "t"});
  for (const char* ending : {"parquet", "json"}) {
    const std::string name =
        std::string("00000000000000000003.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.") +
        ending;
    store->Write(log.PathOf(name), bytes);
    try {
      delta::ReadCheckpoint(log, {3, {name}, 0});
    } catch (const lakehouse::Error&) {
    }
  }
  return 0;
}
