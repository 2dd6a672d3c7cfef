#include "cli/statement.h"

#include <arrow/api.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <sstream>
#include <thread>

#include "cli/interrupt.h"
#include "cli/progress_bar.h"

namespace lakehouse::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kLookEvery = std::chrono::milliseconds(50);
constexpr auto kShowAfter = std::chrono::milliseconds(800);

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
    done_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Look() {
    ProgressBar bar("running", quiet_);
    const auto begin = Clock::now();
    while (!done_) {
      if (guard_.interrupted()) token_.Cancel();
      if (!hidden_ && Clock::now() - begin > kShowAfter) {
        bar.Show(session_.Progress().value_or(-1), "");
      }
      std::this_thread::sleep_for(kLookEvery);
    }
  }

  const query::Session& session_;
  CancellationToken token_;
  const bool quiet_;
  const InterruptGuard guard_;
  std::atomic<bool> done_{false};
  std::atomic<bool> hidden_{false};
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

}  // namespace

void RunStatement(Context& context, query::Session& session, const std::string& sql,
                  const ShowOptions& options) {
  const auto begin = Clock::now();
  query::QueryRequest request;
  request.sql = sql;
  request.principal = context.principal();
  Watcher watcher(session, request.cancellation, context.flags().quiet);
  query::QueryResult result = session.Execute(request);
  watcher.HideProgress();
  if (result.kind == query::StatementKind::kWrite) {
    watcher.Stop();
    context.Say(std::to_string(result.affected_rows) + " rows written");
  } else if (result.reader && result.reader->schema()->num_fields() > 0) {
    WriteRows(*result.reader, options.format, stdout, options.max_rows);
    std::fflush(stdout);
  }
  watcher.Stop();
  if (options.timing) context.Say(TimingLine(result, Clock::now() - begin));
}

}  // namespace lakehouse::cli
