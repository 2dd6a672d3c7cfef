#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/progress_bar.h"

namespace lakehouse::cli {
namespace {

using Json = nlohmann::json;

struct Flags {
  std::string source;
  std::string into;
  std::string mode;
  std::vector<std::string> options;
  std::string job;
  std::string file;
  std::string format = "table";
  size_t limit = 20;
};

std::vector<std::string> StatusRow(const ingestion::RunStatus& run) {
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

const std::vector<std::string> kStatusColumns = {
    "job",     "state",       "attempt", "started",       "rows",
    "rescued", "quarantined", "files",   "files skipped", "error"};

/// Runs a job with a progress bar; Ctrl-C cancels it.
ingestion::RunStatus RunJob(Context& context, const std::string& title, const std::string& job) {
  const InterruptGuard guard;
  ProgressBar bar(title, context.flags().quiet);
  return context.lakehouse().jobs().Run(
      context.principal(), job, [&](const ingestion::RunStatus& status) {
        const ingestion::RunMetrics& done = status.metrics;
        std::string detail =
            WithSeparators(done.rows_read) + " rows, " + ReadableBytes(done.bytes_read);
        if (status.state == "retrying") {
          detail = "attempt " + std::to_string(status.attempt) + " failed (" + status.error_code +
                   "), waiting for the next";
        }
        bar.Show(status.fraction, detail);
        return !guard.interrupted();
      });
}

/// Says how a run ended; the exit code is that of a failed command unless it succeeded.
int ReportRun(const Context& context, const ingestion::RunStatus& run) {
  const ingestion::RunMetrics& m = run.metrics;
  if (run.state != "succeeded") {
    std::fprintf(stderr, "error %s: job %s %s: %s\n", run.error_code.c_str(), run.job_name.c_str(),
                 run.state.c_str(), run.error_message.c_str());
    if (!run.error_hint.empty()) std::fprintf(stderr, "hint: %s\n", run.error_hint.c_str());
    return run.state == "cancelled" ? kInterrupted : kFailed;
  }
  std::string line = run.job_name + ": " + std::to_string(m.rows_written) + " rows written";
  if (m.files_read > 0) line += ", " + std::to_string(m.files_read) + " files read";
  if (m.files_skipped > 0) {
    line += ", " + std::to_string(m.files_skipped) + " files skipped (loaded by an earlier run)";
  }
  if (m.rows_rescued > 0) line += ", " + std::to_string(m.rows_rescued) + " rows with rescued data";
  if (m.rows_quarantined > 0) line += ", " + std::to_string(m.rows_quarantined) + " quarantined";
  if (m.table_version >= 0) line += ", table version " + std::to_string(m.table_version);
  context.Say(line);
  return kOk;
}

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

std::string SourceTypeOf(const std::string& source) {
  for (const char* end : {".json", ".ndjson", ".jsonl", ".json.gz", ".ndjson.gz", ".jsonl.gz"}) {
    if (EndsWith(source, end)) return "json";
  }
  return EndsWith(source, ".parquet") ? "parquet" : "csv";
}

/// postgres://user:password@host:port/database/schema.table
Json PostgresSource(const std::string& url) {
  const auto fail = [&] {
    return Error(ErrorKind::kInvalidArgument, "LK-9008", "this PostgreSQL URL is not complete",
                 "Write postgres://user@host:5432/database/schema.table.");
  };
  Json config;
  std::string rest = url.substr(url.find("://") + 3);
  const size_t at = rest.rfind('@');
  if (at != std::string::npos) {
    const std::string login = rest.substr(0, at);
    const size_t colon = login.find(':');
    config["username"] = login.substr(0, colon);
    if (colon != std::string::npos) config["password"] = login.substr(colon + 1);
    rest = rest.substr(at + 1);
  }
  const size_t slash = rest.find('/');
  const size_t second = slash == std::string::npos ? slash : rest.find('/', slash + 1);
  if (second == std::string::npos) throw fail();
  const std::string host = rest.substr(0, slash);
  const size_t colon = host.find(':');
  config["host"] = host.substr(0, colon);
  if (colon != std::string::npos) config["port"] = host.substr(colon + 1);
  config["database"] = rest.substr(slash + 1, second - slash - 1);
  config["table"] = rest.substr(second + 1);
  return config;
}

int Ingest(Context& context, const Flags& flags) {
  Json job;
  const bool postgres =
      flags.source.rfind("postgres://", 0) == 0 || flags.source.rfind("postgresql://", 0) == 0;
  job["source_type"] = postgres ? "postgresql" : SourceTypeOf(flags.source);
  Json source = postgres ? PostgresSource(flags.source) : Json{{"path", flags.source}};
  for (const std::string& option : flags.options) {
    const size_t at = option.find('=');
    if (at == std::string::npos) {
      throw Error(ErrorKind::kInvalidArgument, "LK-9002", "--option " + option + " has no '='");
    }
    source[option.substr(0, at)] = option.substr(at + 1);
  }
  if (source.contains("format")) {
    job["source_type"] = source["format"];
    source.erase("format");
  }
  job["source_config"] = std::move(source);
  job["target"] = flags.into;
  if (!flags.mode.empty()) job["write_mode"] = flags.mode;
  ingestion::JobRunner& jobs = context.lakehouse().jobs();
  const std::string id = jobs.Register(context.principal(), job.dump());
  return ReportRun(context, RunJob(context, flags.into, id));
}

int Register(Context& context, const Flags& flags) {
  std::ifstream in(flags.file, std::ios::binary);
  if (!in) throw Error(ErrorKind::kNotFound, "LK-9007", "cannot read the job file " + flags.file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::printf("%s\n", context.lakehouse().jobs().Register(context.principal(), text).c_str());
  return kOk;
}

int List(Context& context, const Flags& flags) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& job : context.lakehouse().jobs().List(context.principal())) {
    rows.push_back({job.id, job.name, job.kind, job.owner, FormatTimestampMs(job.created_ms)});
  }
  WriteTexts({"id", "name", "kind", "owner", "created"}, rows, ParseFormat(flags.format), stdout);
  return kOk;
}

int Run(Context& context, const Flags& flags) {
  return ReportRun(context, RunJob(context, flags.job, flags.job));
}

int Status(Context& context, const Flags& flags) {
  const auto status = context.lakehouse().jobs().Status(context.principal(), flags.job);
  std::vector<std::vector<std::string>> rows;
  if (status) rows.push_back(StatusRow(*status));
  WriteTexts(kStatusColumns, rows, ParseFormat(flags.format), stdout);
  return kOk;
}

int History(Context& context, const Flags& flags) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& run :
       context.lakehouse().jobs().History(context.principal(), flags.job, flags.limit)) {
    rows.push_back(StatusRow(run));
  }
  WriteTexts(kStatusColumns, rows, ParseFormat(flags.format), stdout);
  return kOk;
}

int Stop(Context& context, const Flags& flags) {
  const bool ran = context.lakehouse().jobs().Stop(context.principal(), flags.job);
  context.Say(flags.job + (ran ? " is stopped" : " does not run"));
  return kOk;
}

int Remove(Context& context, const Flags& flags) {
  context.lakehouse().jobs().Remove(context.principal(), flags.job);
  context.Say("removed " + flags.job);
  return kOk;
}

}  // namespace

void AddIngest(CLI::App& app, Action& action) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("ingest", "load files or a database table into a table");
  command
      ->add_option("source", flags->source, "path or glob, or postgres://user@host/db/schema.table")
      ->required();
  command->add_option("--into", flags->into, "target as schema.table")->required();
  command->add_option("--mode", flags->mode, "append or overwrite");
  command->add_option("--option", flags->options, "option of the source as key=value")->take_all();
  command->callback(
      [&action, flags] { action = [flags](Context& c) { return Ingest(c, *flags); }; });
}

void AddJob(CLI::App& app, Action& action) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("job", "register, run and watch ingestion jobs");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, int (*run)(Context&, const Flags&)) {
    CLI::App* sub = command->add_subcommand(name, help);
    sub->add_option("-o,--output", flags->format, "table, json, jsonl, csv or md");
    sub->callback([&action, flags, run] { action = [=](Context& c) { return run(c, *flags); }; });
    return sub;
  };
  const auto named = [&](CLI::App* sub) {
    sub->add_option("job", flags->job, "the job's name or id")->required();
    return sub;
  };
  add("list", "every job", List);
  add("register", "register a job from a JSON file", Register)
      ->add_option("file", flags->file, "the job as JSON")
      ->required();
  named(add("run", "run a job and wait for it", Run));
  named(add("stop", "end the run of a job, whichever process runs it", Stop));
  named(add("status", "the newest run", Status));
  named(add("history", "earlier runs, newest first", History))
      ->add_option("--limit", flags->limit, "at most so many");
  named(add("remove", "forget a job (its tables stay)", Remove));
}

}  // namespace lakehouse::cli
