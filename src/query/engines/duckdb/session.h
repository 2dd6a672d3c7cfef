#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "query/engines/duckdb/admission.h"
#include "query/engines/duckdb/commands/command.h"
#include "query/engines/duckdb/instance_pool.h"
#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/open_transaction.h"
#include "query/engines/duckdb/pivot.h"
#include "query/engines/duckdb/result_reader.h"
#include "query/engines/duckdb/session_settings.h"
#include "query/query.h"

namespace lakehouse::query::duckdb {

/// What the sessions of one engine share. Thread-safe.
struct EngineCore {
  EngineCore(std::shared_ptr<catalog::Lake> lake, EngineOptions options);

  const std::shared_ptr<catalog::Lake> lake;
  const EngineOptions options;
  Admission admission;
  Watchdog watchdog;
  InstancePool instances;
};

class DuckDbSession : public Session {
 public:
  DuckDbSession(std::shared_ptr<EngineCore> core, security::Principal principal);

  /// A write that loses a race is run again on the new state of the table, up to
  /// EngineOptions::write_attempts times. One in a transaction is not: what the transaction read
  /// would not be so any more.
  QueryResult Execute(const QueryRequest& request) override;
  StatementDescription Describe(const QueryRequest& request) override;
  std::optional<double> Progress() const override;
  std::string current_schema() const override;
  std::string time_zone() const override { return settings_.time_zone; }
  /// See QueryEngine.
  void CompactAfterWrite(std::shared_ptr<storage::Table> table, const CancellationToken& cancel);

 private:
  struct Run;

  QueryResult ExecuteOnce(const QueryRequest& request,
                          std::chrono::steady_clock::time_point started);

  /// True when the statement is done, without the engine.
  bool RunHere(const dk::SQLStatement& statement, const QueryRequest& request);
  dk::unique_ptr<dk::QueryResult> RunOnEngine(dk::unique_ptr<dk::SQLStatement> statement,
                                              const QueryRequest& request, Run& run,
                                              StatementScope& scope);

  /// Moves the session to `instance`, with what SQL has set.
  void ConnectTo(const std::shared_ptr<Instance>& instance);
  void Set(const dk::SetStatement& statement);
  /// A PIVOT that takes its columns from the data is a MULTI_STATEMENT.
  dk::unique_ptr<dk::SQLStatement> Parse(const std::string& sql);
  /// Asks the data for the columns of a pivot.
  dk::unique_ptr<dk::SQLStatement> Resolve(dk::MultiStatement& pivot, StatementScope& scope);
  /// The columns of a query, which is bound and not planned any further.
  struct Columns {
    dk::vector<std::string> names;
    dk::vector<dk::LogicalType> types;
  };
  Columns ColumnsOf(dk::unique_ptr<dk::SQLStatement> query);
  /// InvalidSchema LK-3502 for a query whose columns cannot be those of a table: the engine would
  /// give the second of two equal names another one.
  void CheckNames(const std::string& query);
  /// DESCRIBE of a view, whose columns the engine knows.
  dk::unique_ptr<dk::SQLStatement> ForView(const dialect::Describe& statement,
                                           const CommandAnswer& answer);
  /// A statement of the dialect for the engine; null for a command.
  dk::unique_ptr<dk::SQLStatement> ForEngine(const dialect::Statement& statement);
  /// Makes assignments to whole columns of those to fields.
  void SetFields(dk::SQLStatement& statement, const std::vector<dialect::FieldTarget>& fields);
  dk::unique_ptr<dk::SQLStatement> ForInsert(const dialect::InsertRows& insert);
  /// LK-2025 for a view.
  std::shared_ptr<storage::Table> TableToChange(const std::vector<std::string>& name,
                                                const std::string& path);
  /// Lets the running statement add the columns of `rows`, but the first `skip`, to the table.
  /// `automatic`: nothing happens when the table has them all.
  void EvolveFor(const std::vector<std::string>& name, const std::string& path,
                 const std::string& rows, size_t skip, bool automatic);
  /// Compacts tables that the statement wrote and that want it. What fails is only said in the log:
  /// the statement's own commit is there.
  void CompactWritten(const StatementScope& scope);
  void Compact(const StatementScope& scope, const std::string& name,
               const std::function<std::shared_ptr<storage::Table>()>& open);
  /// Runs a command of the dialect.
  CommandAnswer RunCommand(const dialect::Statement& statement, const StatementScope& scope);
  std::unique_ptr<StatementScope> Begin(Run& run, const QueryRequest& request);

  const std::shared_ptr<EngineCore> core_;
  const security::Principal principal_;
  mutable std::mutex mutex_;  ///< guards connection_ against Progress
  std::shared_ptr<Instance> instance_;
  std::shared_ptr<dk::Connection> connection_;
  dk::shared_ptr<LakeSession> lake_session_;
  std::shared_ptr<OpenTransaction> transaction_;  ///< since BEGIN; null: none
  const SessionSettings initial_settings_;
  SessionSettings settings_ = initial_settings_;
};

}  // namespace lakehouse::query::duckdb
