#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/job_run.h"
#include "cli/options.h"
#include "cli/subcommands.h"

namespace lakehouse::cli {
namespace {

struct Flags {
  std::string job;
  std::string file;
  Format format = Format::kTable;
  bool rows_wanted = false;  ///< -o was given
  size_t limit = 20;
  bool dry_run = false;
  bool yes = false;
};

/// The job with this name or id; throws with candidates.
catalog::JobRecord Find(Context& context, const std::string& name) {
  context.lakehouse().jobs().Status(context.principal(), name);  // rights and candidates
  return *context.lakehouse().lake().metadata().FindJob(name);
}

int Register(Context& context, const Flags& flags) {
  std::ifstream in(flags.file, std::ios::binary);
  if (!in) throw Error(ErrorKind::kNotFound, "LK-9007", "cannot read the job file " + flags.file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  ingestion::JobRunner& jobs = context.lakehouse().jobs();
  if (flags.dry_run) {
    const auto preview = jobs.Preview(context.principal(), text, false);
    const char* what = !preview.registered ? "would register "
                       : preview.changed   ? "would replace "
                                           : "is registered as it is: ";
    context.Say(what + preview.job_name);
    return kOk;
  }
  std::printf("%s\n", jobs.Register(context.principal(), text).c_str());
  return kOk;
}

int List(Context& context, const Flags& flags) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& job : context.lakehouse().jobs().List(context.principal())) {
    const auto status = context.lakehouse().jobs().Status(context.principal(), job.id);
    rows.push_back({job.name, job.kind, job.owner, FormatTimestampMs(job.created_ms),
                    status ? status->state : "", job.id});
  }
  WriteTexts({{"name"}, {"kind"}, {"owner"}, {"created"}, {"newest_run"}, {"id"}}, rows,
             flags.format, stdout);
  return kOk;
}

int Show(Context& context, const Flags& flags) {
  const auto job = Find(context, flags.job);
  std::printf("%s\n", nlohmann::ordered_json::parse(job.configuration).dump(2).c_str());
  return kOk;
}

int Run(Context& context, const Flags& flags) {
  if (flags.dry_run) {
    SayPreview(context, context.lakehouse().jobs().PreviewRun(context.principal(), flags.job));
    return kOk;
  }
  const auto format = flags.rows_wanted ? std::optional<Format>(flags.format) : std::nullopt;
  return RunJob(context, flags.job, flags.job, format);
}

int Status(Context& context, const Flags& flags) {
  const auto status = context.lakehouse().jobs().Status(context.principal(), flags.job);
  WriteRuns(status ? std::vector{*status} : std::vector<ingestion::RunStatus>{}, flags.format);
  return kOk;
}

int History(Context& context, const Flags& flags) {
  WriteRuns(context.lakehouse().jobs().History(context.principal(), flags.job, flags.limit),
            flags.format);
  return kOk;
}

int Stop(Context& context, const Flags& flags) {
  if (flags.dry_run) {
    const auto status = context.lakehouse().jobs().Status(context.principal(), flags.job);
    const bool runs = status && status->finished_ms == 0;
    context.Say(runs ? "would stop " + flags.job : flags.job + " does not run");
    return kOk;
  }
  const bool ran = context.lakehouse().jobs().Stop(context.principal(), flags.job);
  context.Say(flags.job + (ran ? " is stopped" : " does not run"));
  return kOk;
}

int Remove(Context& context, const Flags& flags) {
  const std::string name = Find(context, flags.job).name;
  if (flags.dry_run) {
    context.Say("would remove " + name + " and its history; its table stays");
    return kOk;
  }
  if (!context.Confirm("remove the job " + name + " and its history", flags.yes)) return kFailed;
  context.lakehouse().jobs().Remove(context.principal(), name);
  context.Say("removed " + name);
  return kOk;
}

}  // namespace

void AddJob(CLI::App& app, Action& action) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("job", "register, run and watch ingestion jobs");
  const Subcommands add(*command, action, flags);
  const auto named = [&](CLI::App* sub) {
    sub->add_option("job", flags->job, "the job's name or id")->type_name("")->required();
    return sub;
  };
  AddOutput(*add("list", "every job with the state of its newest run", List), flags->format);
  CLI::App* reg = add("register", "register a job from a JSON file, print its id", Register);
  reg->add_option("file", flags->file, "the job as JSON")->type_name("")->required();
  AddDryRun(*reg, flags->dry_run);
  named(add("show", "the job's configuration as JSON", Show));
  CLI::App* run = named(add("run", "run a job and wait for it", Run));
  AddOutput(*run, flags->format);
  run->parse_complete_callback([flags, run] { flags->rows_wanted = run->count("--output") > 0; });
  AddDryRun(*run, flags->dry_run);
  AddDryRun(*named(add("stop", "end the run of a job, whichever process runs it", Stop)),
            flags->dry_run);
  AddOutput(*named(add("status", "the newest run", Status)), flags->format);
  CLI::App* history = named(add("history", "earlier runs, newest first", History));
  history->add_option("--limit", flags->limit, "at most so many")
      ->type_name("N")
      ->check(WholeNumber());
  AddOutput(*history, flags->format);
  CLI::App* remove = named(add("remove", "forget a job (its tables stay)", Remove));
  AddYes(*remove, flags->yes);
  AddDryRun(*remove, flags->dry_run);
}

}  // namespace lakehouse::cli
