#pragma once

#include <cstdint>
#include <vector>

#include "storage/delta/log/log.h"
#include "storage/delta/snapshot/delta_snapshot.h"

namespace lakehouse::storage::delta {

/// The files that the first commits of a log add, as long as none is removed: they come into the
/// state all at once, in less time than one by one.
class FirstAdds {
 public:
  /// Of commits that are applied to `state`, which has to outlive this. Where it has files already,
  /// nothing is taken.
  explicit FirstAdds(DeltaSnapshot::State& state)
      : state_(state),
        is_loose_(state.files.is_loose()),
        is_open_(state.files.empty() && state.tombstones.empty()) {}

  /// Takes the files out of `actions`, or leaves them and puts those that were taken before into
  /// the state.
  void Take(Actions& actions, const CommitFile& commit);
  /// Puts the files into the state, in order or loose. Corruption LK-3003 as ApplyCommit would have
  /// found it.
  void Finish();

 private:
  struct Taken {
    std::vector<BlockRange> blocks;
    int64_t version = 0;
    int64_t modified_ms = 0;
  };
  DeltaSnapshot::State AllAtOnce() const;
  DeltaSnapshot::State OneByOne() const;

  DeltaSnapshot::State& state_;
  const bool is_loose_;
  bool is_open_;
  std::vector<Taken> taken_;
};

}  // namespace lakehouse::storage::delta
