#pragma once

#include <string>

#include "storage/delta/commit/pending.h"

namespace lakehouse::storage::delta {

/// A commit that another writer made since ours began.
struct Winner {
  int64_t version = 0;
  Actions actions;
  int64_t timestamp_ms = 0;  ///< of its file; 0 when it was not asked for
};

/// Places `ours` after `winner`, which comes right after `ground`: empty, and both `ours` and
/// `ground` stand on the winner's version then; or why that cannot be, and they are of no more use.
/// Rows that both delete from one file by vectors conflict only when they are the same ones.
std::string PlaceAfter(const Winner& winner, const StorageContext& context, Pending& ours,
                       Ground& ground);

}  // namespace lakehouse::storage::delta
