#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "query/engines/duckdb/admission.h"
#include "query/engines/duckdb/commands/command.h"
#include "query/engines/duckdb/instance.h"
#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/result_reader.h"
#include "query/query.h"

namespace lakehouse::query::duckdb {

/// The engine that sessions share; its instance is replaced after a fatal error. Thread-safe.
class EngineCore {
 public:
  EngineCore(std::shared_ptr<catalog::Lake> lake, EngineOptions options);

  std::shared_ptr<Instance> instance();
  /// Opens a new instance in place of `broken`; sessions move over with their next statement.
  void Replace(const std::shared_ptr<Instance>& broken);

  const std::shared_ptr<catalog::Lake> lake;
  const EngineOptions options;
  Admission admission;
  Watchdog watchdog;

 private:
  std::mutex mutex_;
  std::shared_ptr<Instance> instance_;
};

class DuckDbSession : public Session {
 public:
  DuckDbSession(std::shared_ptr<EngineCore> core, security::Principal principal);

  /// A write that loses a race is run again on the new state of the table, up to kMaxAttempts
  /// times.
  QueryResult Execute(const QueryRequest& request) override;
  StatementDescription Describe(const QueryRequest& request) override;
  std::optional<double> Progress() const override;
  std::string current_schema() const override;

 private:
  struct Run;
  static constexpr int kMaxAttempts = 10;

  QueryResult ExecuteOnce(const QueryRequest& request);

  void Connect();
  dk::unique_ptr<dk::SQLStatement> Parse(const std::string& sql);
  /// A statement of the dialect for the engine; null for a command.
  dk::unique_ptr<dk::SQLStatement> ForEngine(const dialect::Statement& statement);
  /// Runs a command of the dialect.
  CommandAnswer RunCommand(const dialect::Statement& statement);
  std::unique_ptr<StatementScope> Begin(Run& run, const QueryRequest& request);

  const std::shared_ptr<EngineCore> core_;
  const security::Principal principal_;
  mutable std::mutex mutex_;  ///< guards connection_ against Progress
  std::shared_ptr<Instance> instance_;
  std::shared_ptr<dk::Connection> connection_;
  dk::shared_ptr<LakeSession> lake_session_;
};

}  // namespace lakehouse::query::duckdb
