// Any bytes as a commit: an Error or actions, and what was read is written and read equal.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz_input.h"
#include "storage/delta/actions.h"
#include "storage/delta/stats_json.h"

namespace delta = lakehouse::storage::delta;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = lakehouse::Text(data, size);
  delta::ParseRecordCount(text);
  const auto type = lakehouse::storage::DataType::Decimal(10, 2);
  delta::ParseLeaf(text, {"c"}, *type);
  lakehouse::Takes("LK-3", [&] {
    const delta::Actions actions = delta::ParseCommit(text, "fuzz");
    const std::string written = delta::WriteCommit(actions);
    if (written.empty()) return;
    const delta::Actions again = delta::ParseCommit(written, "written");
    lakehouse::Require(again.adds.size() == actions.adds.size());
    lakehouse::Require(again.metadata == actions.metadata);
  });
  return 0;
}
