#include "cli/statement.h"

#include <arrow/api.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <regex>
#include <sstream>
#include <thread>

#include "base/error.h"
#include "cli/interrupt.h"
#include "cli/progress_bar.h"

namespace lakehouse::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kLookEvery = std::chrono::milliseconds(50);

/// Looks at a running statement from a thread of its own: cancels it after Ctrl-C, shows progress.
class Watcher {
 public:
  Watcher(const query::Session& session, CancellationToken token, bool quiet)
      : session_(session), token_(std::move(token)), quiet_(quiet), thread_([this] { Look(); }) {}
  ~Watcher() { Stop(); }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  /// Before the first row is written, so that bar and rows do not mix.
  void HideProgress() { hidden_ = true; }
  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    stopped_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Look() {
    ProgressBar bar("running", quiet_);
    std::unique_lock lock(mutex_);
    // Woken at the end: a quick statement must not wait for the next look.
    while (!stopped_.wait_for(lock, kLookEvery, [this] { return done_; })) {
      if (guard_.interrupted()) token_.Cancel();
      if (!hidden_) bar.Show(session_.Progress().value_or(-1), "");
    }
  }

  const query::Session& session_;
  CancellationToken token_;
  const bool quiet_;
  const InterruptGuard guard_;
  std::atomic<bool> hidden_{false};
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool done_ = false;  ///< guarded by mutex_
  std::thread thread_;
};

std::string TimingLine(const query::QueryResult& result, Clock::duration took) {
  std::ostringstream line;
  line.precision(3);
  line << std::fixed << std::chrono::duration<double>(took).count() << " s";
  if (result.metrics && result.metrics->files_total > 0) {
    line << ", files read " << result.metrics->files_read << " of " << result.metrics->files_total;
  }
  return line.str();
}

void RefuseChange(query::Session& session, const query::QueryRequest& request) {
  const query::StatementKind kind = session.Describe(request).kind;
  if (kind != query::StatementKind::kWrite && kind != query::StatementKind::kDefinition) return;
  throw Error(ErrorKind::kPermissionDenied, "LK-9012",
              "this session is read-only, and the statement is a " + std::string(ToString(kind)),
              "Leave out --readonly to change tables.");
}

/// The error with the line of `sql` that its "(line 2, column 8)" speaks of, and a caret below.
Error WithExcerpt(const Error& error, const std::string& sql) {
  static const std::regex where(R"(\(line (\d+), column (\d+)\)$)");
  std::smatch found;
  if (!std::regex_search(error.message(), found, where)) return error;
  std::istringstream lines(sql);
  std::string line;
  for (int i = std::stoi(found[1]); i > 0; --i) {
    if (!std::getline(lines, line)) return error;
  }
  constexpr size_t kMaxLine = 200;  // what a reader sees at a glance
  const auto column = static_cast<size_t>(std::stoi(found[2]));
  if (line.size() > kMaxLine || column == 0 || column > line.size() + 1) return error;
  std::replace(line.begin(), line.end(), '\t', ' ');
  const std::string excerpt = "\n  " + line + "\n  " + std::string(column - 1, ' ') + "^";
  Error shown(error.kind(), error.code(), error.message() + excerpt, error.hint());
  return error.cause().empty() ? shown : shown.CausedBy(error.cause());
}

void RunBare(Context& context, query::Session& session, const std::string& sql,
             const ShowOptions& options) {
  const auto begin = Clock::now();
  query::QueryRequest request;
  request.sql = sql;
  request.principal = context.principal();
  if (options.read_only) RefuseChange(session, request);
  Watcher watcher(session, request.cancellation, context.flags().quiet);
  query::QueryResult result = session.Execute(request);
  watcher.HideProgress();
  if (result.kind == query::StatementKind::kWrite) {
    watcher.Stop();
    const bool one = result.affected_rows == 1;
    context.Say(std::to_string(result.affected_rows) + (one ? " row written" : " rows written"));
  } else if (result.reader && result.reader->schema()->num_fields() > 0) {
    WriteRows(*result.reader, options.format, stdout, options.max_rows);
  }
  watcher.Stop();
  if (options.timing) context.Say(TimingLine(result, Clock::now() - begin));
}

}  // namespace

void RunStatement(Context& context, query::Session& session, const std::string& sql,
                  const ShowOptions& options) {
  try {
    RunBare(context, session, sql, options);
  } catch (const Error& error) {
    throw WithExcerpt(error, sql);
  }
}

}  // namespace lakehouse::cli
