#pragma once

#include <memory>

#include "query/engines/duckdb/duckdb_engine.h"
#include "query/engines/duckdb/pch.h"
#include "query/engines/duckdb/spill_directory.h"

namespace lakehouse::query::duckdb {

/// Memory of the whole engine, in bytes.
int64_t MemoryOf(const EngineOptions& options);

/// Internal LK-4031 unless the source id of the loaded library is that of the headers; the shorter
/// of the two may be a prefix.
void CheckBuild(const std::string& loaded, const std::string& headers);

/// One running DuckDB with the lakehouse attached and everything else shut. Nothing of the
/// lakehouse's state lives in it, so that it can be thrown away after a fatal error. Thread-safe.
class Instance {
 public:
  /// Internal LK-4031 when library and headers are of different builds.
  Instance(const std::string& lake_name, const EngineOptions& options);

  /// For what runs from now on. ResourceExhausted LK-4021 when more is in use.
  void LimitMemory(int64_t bytes);
  /// A connection without a principal: it reaches no table before its LakeSession is registered.
  std::unique_ptr<dk::Connection> Connect();

 private:
  void Attach(const std::string& lake_name, const EngineOptions& options);

  const SpillDirectory spill_;
  std::unique_ptr<dk::DuckDB> database_;
};

}  // namespace lakehouse::query::duckdb
