#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "catalog/lake.h"
#include "query/file_loader.h"
#include "query/query.h"

namespace lakehouse::query::duckdb {

struct EngineOptions {
  int threads = 0;                     ///< 0: as many as the machine (or the cgroup) has
  int64_t memory_bytes = 0;            ///< 0: 60 % of the machine's (or the cgroup's) memory
  std::string temp_directory;          ///< for spilling; empty: no spilling
  int64_t temp_bytes = 0;              ///< limit of temp_directory; 0: 90 % of what is free
  int64_t optimize_bytes = 320 << 20;  ///< for ordering rows, at most the share; more spills
  int max_running = 4;  ///< statements at a time; the share of memory is memory_bytes / max_running
  int max_waiting = 64;      ///< more are refused with LK-4020
  int64_t timeout_ms = 0;    ///< default of QueryLimits, 0: none
  int write_attempts = 100;  ///< of a statement that loses races against other writers
  /// A commit to a table with delta.autoOptimize.autoCompact is followed by a compaction of the
  /// partitions that have so many files below half of this size.
  int64_t auto_compact_min_files = 50;
  int64_t auto_compact_file_bytes = int64_t{128} << 20;
  std::string default_schema = "main";
  std::shared_ptr<FileLoader> files;  ///< for COPY INTO; null: it is refused
};

/// The embedded engine: DuckDB with the lakehouse's catalog attached. Refuses to start (Internal
/// LK-4031) when the loaded library is not the build of the headers. SQL reaches tables of `lake`
/// only.
std::unique_ptr<QueryEngine> OpenDuckDbEngine(std::shared_ptr<catalog::Lake> lake,
                                              const EngineOptions& options);

}  // namespace lakehouse::query::duckdb
