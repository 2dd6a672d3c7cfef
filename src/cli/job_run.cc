#include "cli/job_run.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/clock.h"
#include "base/error.h"
#include "base/readable.h"
#include "cli/interrupt.h"
#include "cli/progress_bar.h"

namespace lakehouse::cli {
namespace {

ErrorKind KindOf(const std::string& name) {
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::kInternal); ++kind) {
    if (ToString(static_cast<ErrorKind>(kind)) == name) return static_cast<ErrorKind>(kind);
  }
  return ErrorKind::kInternal;
}

ingestion::RunStatus Run(Context& context, const std::string& title, const std::string& job) {
  const InterruptGuard guard;
  ProgressBar bar(title, context.flags().quiet);
  return context.lakehouse().jobs().Run(
      context.principal(), job, [&](const ingestion::RunStatus& status) {
        const ingestion::RunMetrics& done = status.metrics;
        const double rate = static_cast<double>(done.rows_read) / std::max(0.1, bar.elapsed_s());
        std::string detail = WithSeparators(done.rows_read) + " rows (" +
                             WithSeparators(std::llround(rate)) + "/s), " +
                             ReadableBytes(done.bytes_read);
        if (status.state == "retrying") {
          detail = "attempt " + std::to_string(status.attempt) + " failed (" + status.error_code +
                   "), waiting for the next";
        }
        bar.Show(status.fraction, detail);
        return !guard.interrupted();
      });
}

std::string Counted(int64_t count, const std::string& what) {
  return WithSeparators(count) + " " + what + (count == 1 ? "" : "s");
}

void SayEnd(const Context& context, const ingestion::RunStatus& run) {
  const ingestion::RunMetrics& m = run.metrics;
  std::string line = run.job_name + ": " + Counted(m.rows_written, "row") + " written";
  if (m.files_read > 0) line += ", " + Counted(m.files_read, "file") + " read";
  if (m.files_skipped > 0) {
    line += ", " + Counted(m.files_skipped, "file") + " skipped (loaded by an earlier run)";
  }
  if (m.rows_rescued > 0) line += ", " + Counted(m.rows_rescued, "row") + " with rescued data";
  if (m.rows_quarantined > 0) line += ", " + WithSeparators(m.rows_quarantined) + " quarantined";
  if (m.table_version >= 0) line += ", table version " + std::to_string(m.table_version);
  context.Say(line);
}

std::vector<std::string> RowOf(const ingestion::RunStatus& run) {
  const ingestion::RunMetrics& m = run.metrics;
  const std::string error = run.error_code.empty() ? "" : run.error_code + ": " + run.error_message;
  return {run.job_name,
          run.state,
          std::to_string(run.attempt),
          FormatTimestampMs(run.started_ms),
          std::to_string(m.rows_written),
          std::to_string(m.rows_rescued),
          std::to_string(m.rows_quarantined),
          std::to_string(m.files_read),
          std::to_string(m.files_skipped),
          error};
}

}  // namespace

void WriteRuns(const std::vector<ingestion::RunStatus>& runs, Format format) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& run : runs) rows.push_back(RowOf(run));
  WriteTexts({{"job"},
              {"state"},
              {"attempt", CellType::kInteger},
              {"started"},
              {"rows", CellType::kInteger},
              {"rescued", CellType::kInteger},
              {"quarantined", CellType::kInteger},
              {"files", CellType::kInteger},
              {"files_skipped", CellType::kInteger},
              {"error"}},
             rows, format, stdout);
}

int RunJob(Context& context, const std::string& title, const std::string& job,
           std::optional<Format> format) {
  const ingestion::RunStatus run = Run(context, title, job);
  if (format) WriteRuns({run}, *format);
  if (run.state == "succeeded") {
    SayEnd(context, run);
    return kOk;
  }
  const ErrorKind kind = run.state == "cancelled" ? ErrorKind::kCancelled : KindOf(run.error_kind);
  return Report(Error(kind, run.error_code, "job " + run.job_name + ": " + run.error_message,
                      run.error_hint));
}

void SayPreview(const Context& context, const ingestion::JobPreview& preview) {
  context.Say(
      "would " +
      std::string(preview.write_mode == "overwrite" ? "replace the rows of " : "append to ") +
      preview.target + (preview.target_exists ? "" : ", which would be made"));
  std::string parts = Counted(preview.parts_new, preview.files ? "file" : "table") + " to read";
  if (preview.parts_skipped > 0) {
    parts += ", " + std::to_string(preview.parts_skipped) + " loaded by an earlier run";
  }
  context.Say(parts);
  for (const auto& [name, type] : preview.columns) context.Say("  " + name + " " + type);
  context.Say("nothing was changed");
}

}  // namespace lakehouse::cli
