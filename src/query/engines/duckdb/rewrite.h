#pragma once

#include <functional>

#include "query/engines/duckdb/commands/file_rewriter.h"
#include "query/engines/duckdb/curve_key.h"
#include "query/engines/duckdb/duckdb_engine.h"
#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// The FileRewriter of one command: it reads, orders and filters with queries of its own on the
/// session's connection, which is idle while a command runs. So they have its limits, its time
/// zone, its progress, and end when the statement is ended.
class EngineRewriter : public FileRewriter {
 public:
  EngineRewriter(dk::Connection& connection, LakeSession& session, const EngineOptions& options)
      : connection_(connection),
        session_(session),
        order_bytes_(options.temp_directory.empty() ? 0 : options.optimize_bytes) {}

  std::vector<size_t> FilesWhere(const storage::SnapshotPtr& base,
                                 const std::string& condition) override;
  WrittenFiles Rewrite(const RewriteJob& job) override;

 private:
  using Take = std::function<void(dk::DataChunk&)>;

  /// Calls `take` with every chunk of the query's rows, in their order.
  void Query(const std::string& sql, const Take& take);
  /// Ranges of the values of the job's columns, by a sample of its rows.
  CurvePtr MakeCurve(const RewriteJob& job);
  /// Throws when the statement was ended.
  void CheckStopped();

  dk::Connection& connection_;
  LakeSession& session_;
  const int64_t order_bytes_;  ///< memory in which rows are ordered; 0: all there is
};

}  // namespace lakehouse::query::duckdb
