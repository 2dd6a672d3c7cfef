#pragma once

#include <memory>

#include "query/engines/duckdb/duckdb_engine.h"
#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// Internal LK-4031 unless the source id of the loaded library is that of the headers; the shorter
/// of the two may be a prefix.
void CheckBuild(const std::string& loaded, const std::string& headers);

/// One running DuckDB with the lakehouse attached and everything else shut. Nothing of the
/// lakehouse's state lives in it, so that it can be thrown away after a fatal error. Thread-safe.
class Instance {
 public:
  /// Internal LK-4031 when library and headers are of different builds.
  Instance(const std::string& lake_name, const EngineOptions& options);

  /// A connection without a principal: it reaches no table before its LakeSession is registered.
  std::unique_ptr<dk::Connection> Connect();
  /// The statement that makes the lakehouse's default schema the current one.
  const std::string& use_statement() const { return use_; }

 private:
  void Attach(const std::string& lake_name, const EngineOptions& options);

  std::unique_ptr<dk::DuckDB> database_;
  std::string use_;
};

}  // namespace lakehouse::query::duckdb
