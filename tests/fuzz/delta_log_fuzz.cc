// Any bytes as a commit: an Error or actions, and what was read is written and read equal.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz_input.h"
#include "storage/delta/log/actions.h"
#include "storage/delta/log/stats_json.h"

namespace delta = lakehouse::storage::delta;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = lakehouse::Text(data, size);
  delta::ParseRecordCount(text);
  const auto type = lakehouse::storage::DataType::Decimal(10, 2);
  delta::ParseLeaf(text, {"c"}, *type);
  if (const auto wide = delta::WithWideBounds(text)) {
    // What was wide already stays as it is.
    lakehouse::Require(delta::WithWideBounds(*wide) == wide);
  }
  lakehouse::Takes("LK-3", [&] {
    const delta::Actions actions = delta::ParseCommit(text, "fuzz");
    const std::string written = delta::WriteCommit(actions);
    if (written.empty()) return;
    const delta::Actions again = delta::ParseCommit(written, "written");
    lakehouse::Require(again.adds.size() == actions.adds.size());
    lakehouse::Require(again.metadata == actions.metadata);
    lakehouse::Require(again.removes.size() == actions.removes.size());
    lakehouse::Require(again.changes.size() == actions.changes.size());
    lakehouse::Require(again.domains.size() == actions.domains.size());
    if (actions.info) {
      lakehouse::Require(again.in_commit_timestamp == actions.in_commit_timestamp);
      lakehouse::Require(again.info->read_version == actions.info->read_version);
      lakehouse::Require(again.info->tags == actions.info->tags);
    }
  });
  return 0;
}
