// Any bytes as a commit: an Error or actions, and what was read is written and read equal.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "storage/delta/actions.h"
#include "storage/delta/stats_json.h"

namespace delta = lakehouse::storage::delta;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  delta::ParseRecordCount(text);
  const auto type = lakehouse::storage::DataType::Decimal(10, 2);
  delta::ParseLeaf(text, {"c"}, *type);
  try {
    const delta::Actions actions = delta::ParseCommit(text, "fuzz");
    const std::string written = delta::WriteCommit(actions);
    if (written.empty()) return 0;
    const delta::Actions again = delta::ParseCommit(written, "written");
    if (again.adds.size() != actions.adds.size() || again.metadata != actions.metadata)
      std::abort();
  } catch (const lakehouse::Error&) {
  }
  return 0;
}
