#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/table.h"

namespace lakehouse::storage::delta {

/// What a table must lose before a feature can leave its protocol (ALTER TABLE ... DROP FEATURE).
struct FeatureDrop {
  enum Rewrite {
    kNone,
    kDeleted,  ///< files that have deletion vectors
    kAll,
  };

  std::string feature;  ///< as the protocol spells it
  /// Readers must know the feature, so that versions which use it are kept from those that do not:
  /// by checkpoints that stay, or by cutting the history.
  bool guards_history = false;
  TableMetadata metadata;  ///< without what uses the feature
  Rewrite rewrite = kNone;
  std::vector<size_t> files;         ///< indexes of the files to write anew
  std::vector<std::string> domains;  ///< to be removed: no feature of the table needs them
  bool rewrites() const { return !files.empty(); }
};

/// InvalidArgument LK-4096 for a feature that the table does not have, that cannot be dropped, that
/// another one of the table needs, or that is in use in a way that the user must end; and for
/// `truncate_history` where no history is to be guarded.
FeatureDrop PlanFeatureDrop(const Snapshot& table, const std::string& feature,
                            bool truncate_history);

/// Deletes the log of versions that are older than a day, as far as a checkpoint allows.
void TruncateHistory(Table& table, const StorageContext& context);

/// Does a version that can still be read use the feature?
bool HistoryUses(Table& table, const std::string& feature);

}  // namespace lakehouse::storage::delta
