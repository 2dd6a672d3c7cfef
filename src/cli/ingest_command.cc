#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/job_run.h"
#include "cli/options.h"

namespace lakehouse::cli {
namespace {

using Json = nlohmann::json;

struct Flags {
  std::string source;
  std::string into;
  std::string mode;
  std::string format;
  std::string name;
  double error_threshold = 0;
  std::vector<std::string> options;
  Format output = Format::kTable;
  bool dry_run = false;
};

/// By the name's end; .gz and .zip may come after it.
std::string SourceTypeOf(const std::string& source) {
  for (const char* end : {".json", ".ndjson", ".jsonl", ".json.gz", ".ndjson.gz", ".jsonl.gz"}) {
    if (source.ends_with(end)) return "json";
  }
  return source.ends_with(".parquet") ? "parquet" : "csv";
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

Json JobOf(const Flags& flags) {
  Json job;
  const bool postgres =
      flags.source.starts_with("postgres://") || flags.source.starts_with("postgresql://");
  job["source_type"] = postgres ? "postgresql" : SourceTypeOf(flags.source);
  if (!flags.format.empty()) job["source_type"] = flags.format;
  Json source = postgres ? PostgresSource(flags.source) : Json{{"path", flags.source}};
  for (const std::string& option : flags.options) {
    const size_t at = option.find('=');
    if (at == std::string::npos) {
      throw Error(ErrorKind::kInvalidArgument, "LK-9002", "--option " + option + " has no '='",
                  "Write --option key=value, for example --option delimiter=;");
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
  if (!flags.name.empty()) job["name"] = flags.name;
  if (flags.error_threshold > 0) job["error_threshold"] = flags.error_threshold;
  return job;
}

int Ingest(Context& context, const Flags& flags, std::optional<Format> format) {
  const std::string job = JobOf(flags).dump();
  ingestion::JobRunner& jobs = context.lakehouse().jobs();
  if (flags.dry_run) {
    SayPreview(context, jobs.Preview(context.principal(), job, true));
    return kOk;
  }
  return RunJob(context, flags.into, jobs.Register(context.principal(), job), format);
}

}  // namespace

void AddIngest(CLI::App& app, Action& action) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("ingest", "load files or a database table into a table");
  command
      ->add_option("source", flags->source,
                   "path or glob of CSV, JSON or Parquet files, or "
                   "postgres://user@host/database/schema.table")
      ->type_name("")
      ->required();
  command->add_option("--into", flags->into, "target as schema.table")
      ->type_name("TABLE")
      ->required();
  command->add_option("--mode", flags->mode, "append or overwrite")->type_name("MODE");
  command
      ->add_option("--format", flags->format,
                   "csv, json or parquet, when the source's name does not say it")
      ->type_name("NAME");
  command->add_option("--name", flags->name, "name of the job, to run it again later")
      ->type_name("NAME");
  command
      ->add_option("--error-threshold", flags->error_threshold,
                   "share of rows that may go to the quarantine, 0 to 1")
      ->type_name("SHARE")
      ->check(Share());
  command->add_option("--option", flags->options, "option of the source; may be repeated")
      ->type_name("KEY=VALUE")
      ->take_all();
  AddOutput(*command, flags->output);
  AddDryRun(*command, flags->dry_run);
  command->footer(
      "Files are loaded once: a second run skips what the target has. The options of sources are\n"
      "in docs/ingestion.md.\n\n"
      "Examples:\n"
      "  lakehouse ingest \"landing/*.csv\" --into bronze.orders\n"
      "  lakehouse ingest postgres://reader@db.example/shop/public.orders --into bronze.orders");
  CLI::App* const chosen = command;
  command->callback([&action, flags, chosen] {
    const bool rows = chosen->count("--output") > 0;
    action = [flags, rows](Context& c) {
      return Ingest(c, *flags, rows ? std::optional<Format>(flags->output) : std::nullopt);
    };
  });
}

}  // namespace lakehouse::cli
