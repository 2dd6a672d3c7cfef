#pragma once

#include <cstdint>
#include <memory>

#include "query/engines/duckdb/commands/command.h"

namespace lakehouse::query::duckdb {

/// When and to what size files are compacted after a commit.
struct AutoCompaction {
  int64_t min_files = 0;   ///< small files of one partition
  int64_t file_bytes = 0;  ///< of the files that are made; small is less than half
};

/// Compacts the small files of partitions that have many, as one OPTIMIZE with auto = true.
/// Clustered tables are left to OPTIMIZE. Errors of OPTIMIZE; the commit before is not touched by
/// them.
void AutoCompact(const CommandContext& context, const std::shared_ptr<storage::Table>& table,
                 AutoCompaction limits);

}  // namespace lakehouse::query::duckdb
