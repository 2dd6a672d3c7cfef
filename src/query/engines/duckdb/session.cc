#include "query/engines/duckdb/session.h"

#include <arrow/api.h>

#include <algorithm>
#include <chrono>
#include <duckdb/catalog/catalog_search_path.hpp>
#include <duckdb/common/type_visitor.hpp>
#include <duckdb/parser/statement/multi_statement.hpp>
#include <duckdb/parser/statement/set_statement.hpp>
#include <thread>

#include "base/clock.h"
#include "base/logging.h"
#include "base/metrics.h"
#include "base/random.h"
#include "query/engines/duckdb/arrow_rows.h"
#include "query/engines/duckdb/commands/maintenance.h"
#include "query/engines/duckdb/definition_checks.h"
#include "query/engines/duckdb/errors.h"
#include "query/engines/duckdb/gate.h"
#include "query/engines/duckdb/parameters.h"
#include "query/engines/duckdb/rewrite.h"
#include "query/engines/duckdb/transaction_control.h"
#include "query/engines/duckdb/write_description.h"

namespace lakehouse::query::duckdb {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

double MillisecondsSince(SteadyTime start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

void Count(StatementKind kind, bool failed, double milliseconds) {
  Labels labels{{"kind", std::string(ToString(kind))}, {"status", failed ? "failed" : "succeeded"}};
  Metrics::Instance()
      .GetHistogram("lakehouse_query_duration_seconds", "Time of SQL statements", labels)
      .Observe(milliseconds / 1000);
}

Error TimeLimit(int64_t timeout_ms) {
  return {ErrorKind::kTimeout, "LK-4022",
          "the statement took longer than " + std::to_string(timeout_ms) + " ms",
          "narrow it, or raise the time limit"};
}

}  // namespace

EngineCore::EngineCore(std::shared_ptr<catalog::Lake> of, EngineOptions with)
    : lake(std::move(of)),
      options(std::move(with)),
      admission(options.max_running, options.max_waiting, MemoryOf(options)),
      instances(lake->default_catalog(), options) {}

/// What one statement carries from its start to its last row.
struct DuckDbSession::Run {
  SteadyTime started = std::chrono::steady_clock::now();
  std::shared_ptr<StatementKind> kind = std::make_shared<StatementKind>(StatementKind::kOther);
  std::shared_ptr<QueryMetrics> metrics = std::make_shared<QueryMetrics>();
  std::shared_ptr<std::atomic<bool>> timed_out = std::make_shared<std::atomic<bool>>(false);
  int64_t timeout_ms = 0;  ///< 0: none
  /// Bound and planned: what fails from here on has done something already.
  std::shared_ptr<std::atomic<bool>> running = std::make_shared<std::atomic<bool>>(false);
};

DuckDbSession::DuckDbSession(std::shared_ptr<EngineCore> core, security::Principal principal)
    : core_(std::move(core)),
      principal_(std::move(principal)),
      initial_settings_{.schemas = {core_->options.default_schema}} {
  ConnectTo(core_->instances.Any());
}

void DuckDbSession::ConnectTo(const std::shared_ptr<Instance>& instance) {
  std::lock_guard lock(mutex_);
  if (instance_ == instance) return;
  connection_.reset();
  instance_ = instance;
  connection_ = instance_->Connect();
  lake_session_ = dk::make_shared_ptr<LakeSession>(principal_, core_->lake);
  connection_->context->registered_state->Insert("lake_session", lake_session_);
  try {
    Apply(settings_, core_->lake->default_catalog(), *connection_->context);
  } catch (const std::exception&) {
    // A schema that another session dropped.
    settings_.schemas = initial_settings_.schemas;
    Apply(settings_, core_->lake->default_catalog(), *connection_->context);
  }
}

void DuckDbSession::Set(const dk::SetStatement& statement) {
  auto changed = Changed(settings_, initial_settings_, statement, *lake_session_);
  Apply(changed, core_->lake->default_catalog(), *connection_->context);
  settings_ = std::move(changed);
}

CommandAnswer DuckDbSession::RunCommand(const dialect::Statement& statement,
                                        const StatementScope& scope) {
  DefinitionChecks checks(*connection_, scope.fail);
  EngineRewriter rewriter(*connection_, *lake_session_, core_->options);
  const CommandContext context{
      *core_->lake,          principal_, checks, current_schema(), core_->options.files.get(),
      lake_session_->stop(), &rewriter};
  auto answer = std::visit(
      [&](const auto& command) -> CommandAnswer {
        using Kind = std::decay_t<decltype(command)>;
        if constexpr (std::is_same_v<Kind, dialect::DuckSql> ||
                      std::is_same_v<Kind, dialect::InsertRows>) {
          return {};
        } else {
          return query::duckdb::Run(context, command);
        }
      },
      statement);
  if (answer.written) lake_session_->committed.push_back(answer.written);
  return answer;
}

std::unique_ptr<StatementScope> DuckDbSession::Begin(Run& run, const QueryRequest& request) {
  auto scope = std::make_unique<StatementScope>();
  const int64_t timeout =
      request.limits.timeout_ms > 0 ? request.limits.timeout_ms : core_->options.timeout_ms;
  run.timeout_ms = timeout;
  std::optional<SteadyTime> deadline;
  if (timeout > 0) deadline = run.started + std::chrono::milliseconds(timeout);
  const int64_t memory = core_->admission.ShareOf(request.limits.memory_bytes);
  scope->place = core_->admission.Enter(request.cancellation, deadline, memory);
  run.metrics->queued_ms = MillisecondsSince(run.started);
  auto claim = core_->instances.Take(instance_);
  scope->instance = std::move(claim.handle);
  claim.instance->LimitMemory(memory);
  ConnectTo(claim.instance);
  scope->connection = connection_;
  lake_session_->BeginStatement();
  lake_session_->schema = current_schema();
  lake_session_->transaction = transaction_;
  lake_session_->isolation = settings_.isolation;
  if (transaction_ && transaction_->isolation()) {
    lake_session_->isolation = transaction_->isolation();
  }
  lake_session_->sources = request.sources;
  std::weak_ptr<dk::Connection> weak = connection_;
  auto interrupt = [weak, stop = lake_session_->stop()]() mutable {
    stop.Cancel();
    if (auto connection = weak.lock()) connection->Interrupt();
  };
  scope->handles.push_back(request.cancellation.OnCancel(interrupt));
  if (deadline) {
    scope->handles.push_back(
        core_->watchdog.Arm(*deadline, [interrupt, flag = run.timed_out]() mutable {
          *flag = true;
          interrupt();
        }));
  }
  auto session = lake_session_;
  scope->fail = [core = core_, instance = instance_, session, sql = request.sql,
                 timed_out = run.timed_out, timeout, running = run.running,
                 transaction = transaction_](dk::ErrorData error) {
    if (*running && transaction) transaction->Fail();
    if (IsFatal(error)) core->instances.Forget(instance);
    if (*timed_out) throw TimeLimit(timeout);
    throw Translate(std::move(error), session.get(), sql);
  };
  scope->finish = [session, run](bool failed) {
    run.metrics->files_total = session->files_total;
    run.metrics->files_read = session->files_total - session->files_skipped;
    run.metrics->version = session->committed_version;
    run.metrics->commit = session->commit_metrics;
    Count(*run.kind, failed, MillisecondsSince(run.started));
  };
  return scope;
}

namespace {

/// A random wait before a statement runs again, so that the losers of one race do not all meet
/// again.
void WaitAfterLoss(const storage::StorageContext& world, int attempt) {
  constexpr int64_t kFirstMs = 4;
  constexpr int64_t kLongestMs = 250;
  const int64_t bound = std::min(kLongestMs, kFirstMs << std::min(attempt, 10));
  const auto wait_ms = static_cast<int64_t>(world.random->Below(static_cast<uint64_t>(bound)));
  world.clock->SleepMs(wait_ms);
}

}  // namespace

QueryResult DuckDbSession::Execute(const QueryRequest& request) {
  const auto started = std::chrono::steady_clock::now();
  const bool alone = !transaction_;
  for (int attempt = 1;; ++attempt) {
    try {
      return ExecuteOnce(request, started);
    } catch (const Error& error) {
      // Nothing of the attempt is in the table, so the statement may see what the winner made.
      const bool last = !alone || attempt >= core_->options.write_attempts;
      if (error.kind() != ErrorKind::kCommitConflict || last) throw;
      WaitAfterLoss(core_->lake->storage_context(), attempt);
      if (request.cancellation.cancelled()) throw Cancelled();
      Metrics::Instance()
          .GetCounter("lakehouse_query_conflict_retries_total",
                      "Statements run again after a lost race")
          .Increment();
    }
  }
}

/// What concerns the session and not the engine: settings, BEGIN, COMMIT and ROLLBACK.
bool DuckDbSession::RunHere(const dk::SQLStatement& statement, const QueryRequest& request) {
  if (statement.type == dk::StatementType::TRANSACTION_STATEMENT) {
    Control(statement, request.last, *connection_->context, transaction_);
    return true;
  }
  if (statement.type != dk::StatementType::SET_STATEMENT) return false;
  const auto& setting = statement.Cast<dk::SetStatement>();
  if (catalog::FoldCase(setting.name) == kTransactionIsolation) {
    SetIsolation(setting, transaction_.get());
  } else {
    Set(setting);
  }
  return true;
}

namespace {

/// Does this thread's part of a statement until there is an answer. The engine's own loop asks
/// again at once while its other threads have all the work, on a core that they could use.
void RunTasks(dk::PendingQueryResult& pending) {
  using std::chrono::microseconds;
  constexpr microseconds kShortest(20);
  constexpr microseconds kLongest(1000);
  // An answer waits for at most about so small a part of the time that it took.
  constexpr int kShareOfWait = 8;
  microseconds waited(0);
  while (true) {
    const auto state = pending.ExecuteTask();
    if (dk::PendingQueryResult::IsResultReady(state)) return;
    if (state == dk::PendingExecutionResult::NO_TASKS_AVAILABLE) {
      const auto pause = std::clamp(waited / kShareOfWait, kShortest, kLongest);
      std::this_thread::sleep_for(pause);
      waited += pause;
      continue;
    }
    waited = microseconds(0);
    if (state == dk::PendingExecutionResult::BLOCKED) pending.WaitForTask();
  }
}

}  // namespace

dk::unique_ptr<dk::QueryResult> DuckDbSession::RunOnEngine(
    dk::unique_ptr<dk::SQLStatement> statement, const QueryRequest& request, Run& run,
    StatementScope& scope) {
  dk::vector<dk::Value> values;
  for (const auto& parameter : request.parameters) values.push_back(ToDuckDb(parameter));
  const bool gather = *run.kind == StatementKind::kQuery && request.gather;
  const bool stream = *run.kind == StatementKind::kQuery && !request.gather;
  SetGather(*connection_->context, gather);
  auto pending = connection_->PendingQuery(std::move(statement), values,
                                           stream ? dk::QueryResultOutputType::ALLOW_STREAMING
                                                  : dk::QueryResultOutputType::FORCE_MATERIALIZED);
  if (pending->HasError()) scope.fail(pending->GetErrorObject());
  // The engine forgets an end that was asked for before it had planned the statement.
  if (request.cancellation.cancelled() || *run.timed_out) connection_->Interrupt();
  *run.running = true;
  RunTasks(*pending);
  if (pending->HasError()) scope.fail(pending->GetErrorObject());
  auto result = pending->Execute();
  if (result->HasError()) scope.fail(result->GetErrorObject());
  return result;
}

QueryResult DuckDbSession::ExecuteOnce(const QueryRequest& request, SteadyTime started) {
  Run run;
  run.started = started;
  auto scope = Begin(run, request);
  QueryResult answer;
  answer.engine_used = "duckdb";
  answer.query_id = request.request_id;
  answer.metrics = run.metrics;
  try {
    request.cancellation.ThrowIfStopped();
    const auto given = dialect::Parse(request.sql, settings_.schema_auto_merge);
    if (transaction_) CheckInTransaction(given, request.sql);
    auto statement = ForEngine(given);
    if (!statement) {
      const auto done = RunCommand(given, *scope);
      *run.kind = answer.kind = done.kind;
      if (done.rows || done.kind != StatementKind::kQuery) {
        CompactWritten(*scope);
        run.metrics->execution_ms = MillisecondsSince(run.started) - run.metrics->queued_ms;
        scope->finish(false);
        answer.reader = done.rows ? ReaderOf(done.rows) : NoRows();
        return answer;
      }
      statement = ForView(std::get<dialect::Describe>(given), done);
    }
    *run.kind = answer.kind = CheckStatement(*statement, core_->lake->default_catalog());
    lake_session_->operation_parameters.clear();
    if (!lake_session_->replaces) {
      lake_session_->operation_parameters = ParametersOf(*statement);
    }
    if (transaction_) CheckInTransaction(*statement, request.sql, *transaction_);
    if (statement->type == dk::StatementType::MULTI_STATEMENT) {
      statement = Resolve(statement->Cast<dk::MultiStatement>(), *scope);
    }
    if (RunHere(*statement, request)) {
      CompactWritten(*scope);
      scope->finish(false);
      answer.reader = NoRows();
      return answer;
    }
    const bool gather = *run.kind == StatementKind::kQuery && request.gather;
    const bool stream = *run.kind == StatementKind::kQuery && !request.gather;
    auto result = RunOnEngine(std::move(statement), request, run, *scope);
    run.metrics->execution_ms = MillisecondsSince(run.started) - run.metrics->queued_ms;
    if (stream) {
      answer.reader = MakeResultReader(std::move(scope), std::move(result));
      return answer;
    }
    if (gather) answer.reader = MakeGatheredReader(*result);
    if (*run.kind == StatementKind::kWrite) {
      auto chunk = result->Fetch();
      answer.affected_rows =
          chunk && chunk->size() > 0 ? chunk->GetValue(0, 0).GetValue<int64_t>() : 0;
      CompactWritten(*scope);
    }
    scope->finish(false);
  } catch (const Error& error) {
    Count(*run.kind, true, MillisecondsSince(run.started));
    // What stops between two calls of the engine knows only that it was told to.
    if (error.kind() != ErrorKind::kCancelled) throw;
    if (*run.timed_out) throw TimeLimit(run.timeout_ms);
    throw Cancelled();
  } catch (const std::exception& error) {
    Count(*run.kind, true, MillisecondsSince(run.started));
    scope->fail(dk::ErrorData(error));
  }
  if (answer.reader) return answer;
  answer.reader =
      *run.kind == StatementKind::kWrite ? AffectedRows(answer.affected_rows) : NoRows();
  return answer;
}

void DuckDbSession::CompactAfterWrite(std::shared_ptr<storage::Table> table,
                                      const CancellationToken& cancel) {
  try {
    Run run;
    auto scope = Begin(run, {.cancellation = cancel});
    lake_session_->committed.push_back(std::move(table));
    CompactWritten(*scope);
  } catch (const std::exception& error) {
    LogWarn("small files were not compacted", {{"reason", error.what()}});
  }
}

StatementDescription DuckDbSession::Describe(const QueryRequest& request) {
  ConnectTo(core_->instances.Any(instance_));
  lake_session_->BeginStatement();
  lake_session_->transaction = transaction_;
  lake_session_->sources = request.sources;
  StatementDescription answer;
  dk::unique_ptr<dk::PreparedStatement> prepared;
  try {
    const auto given = dialect::Parse(request.sql, settings_.schema_auto_merge);
    auto statement = ForEngine(given);
    if (!statement) {
      const auto* vacuum = std::get_if<dialect::Vacuum>(&given);
      const bool shows = std::holds_alternative<dialect::Show>(given) ||
                         std::holds_alternative<dialect::Describe>(given) ||
                         std::holds_alternative<dialect::Analyze>(given) ||
                         (vacuum != nullptr && vacuum->dry_run);
      answer.kind = shows ? StatementKind::kQuery : StatementKind::kDefinition;
      return answer;
    }
    answer.kind = CheckStatement(*statement, core_->lake->default_catalog());
    const bool pivot = statement->type == dk::StatementType::MULTI_STATEMENT;
    if (answer.kind != StatementKind::kQuery || pivot) return answer;
    prepared = connection_->Prepare(std::move(statement));
    if (prepared->HasError()) prepared->GetErrorObject().Throw();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Translate(dk::ErrorData(error), lake_session_.get(), request.sql);
  }
  for (const auto& type : prepared->GetTypes()) {
    if (dk::TypeVisitor::Contains(type, dk::LogicalTypeId::UNKNOWN)) return answer;
  }
  answer.schema = ArrowSchemaOf(prepared->GetTypes(), prepared->GetNames(),
                                connection_->context->GetClientProperties());
  return answer;
}

std::optional<double> DuckDbSession::Progress() const {
  std::lock_guard lock(mutex_);
  if (!connection_) return std::nullopt;
  double percent = connection_->context->GetQueryProgress().GetPercentage();
  if (percent < 0) return std::nullopt;
  return percent / 100;
}

std::string DuckDbSession::current_schema() const {
  std::lock_guard lock(mutex_);
  return dk::ClientData::Get(*connection_->context).catalog_search_path->GetDefault().schema;
}

}  // namespace lakehouse::query::duckdb
