#include "storage/delta/replay/first_adds.h"

#include <utility>

#include "base/error.h"

namespace lakehouse::storage::delta {

using State = DeltaSnapshot::State;

void FirstAdds::Take(Actions& actions, const CommitFile& commit) {
  if (!is_open_) return;
  if (actions.removes.empty() && actions.adds.empty()) {
    if (actions.blocks.empty()) return;
    taken_.push_back({std::exchange(actions.blocks, {}), commit.version, commit.modified_ms});
    return;
  }
  Finish();
  if (is_loose_) state_.files.Loosen();
}

void FirstAdds::Finish() {
  is_open_ = false;
  if (taken_.empty()) return;
  State whole;
  try {
    whole = AllAtOnce();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kCorruption) throw;
    // A file that is there twice may have got new statistics, or be damage.
    whole = OneByOne();
  }
  taken_.clear();
  if (!is_loose_) whole.files.Settle();
  state_.files = std::move(whole.files);
  state_.totals = whole.totals;
}

State FirstAdds::AllAtOnce() const {
  State whole;
  Actions all;
  for (const Taken& taken : taken_) {
    all.blocks.insert(all.blocks.end(), taken.blocks.begin(), taken.blocks.end());
  }
  whole.Apply(all, taken_.back().version, taken_.back().modified_ms, ActionSource::kCheckpoint);
  return whole;
}

State FirstAdds::OneByOne() const {
  State whole;
  whole.files.Loosen();
  for (const Taken& taken : taken_) {
    Actions adds;
    adds.blocks = taken.blocks;
    whole.Apply(adds, taken.version, taken.modified_ms);
  }
  return whole;
}

}  // namespace lakehouse::storage::delta
