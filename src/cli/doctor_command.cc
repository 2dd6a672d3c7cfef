#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "app/diagnosis.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/terminal.h"

namespace lakehouse::cli {
namespace {

struct Flags {
  Format format = Format::kTable;
  bool json = false;
};

const char* ColourOf(app::Health health) {
  if (health == app::Health::kOk) return "32";
  return health == app::Health::kWarning ? "33" : "1;31";
}

std::string Counted(size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

void PrintLine(const app::Finding& finding) {
  std::string state(app::ToString(finding.health));
  const std::string space(9 - state.size(), ' ');
  if (ColoursOnError() && isatty(STDOUT_FILENO) != 0) {
    state = "\033[" + std::string(ColourOf(finding.health)) + "m" + state + "\033[0m";
  }
  std::printf("%s%s%-17s %s\n", state.c_str(), space.c_str(), finding.check.c_str(),
              finding.message.c_str());
  if (!finding.hint.empty()) std::printf("%*shint: %s\n", 27, "", finding.hint.c_str());
  std::fflush(stdout);
}

int Examine(Context& context, const Flags& flags) {
  const bool lines = flags.format == Format::kTable;
  std::vector<std::vector<std::string>> rows;
  size_t warnings = 0;
  size_t problems = 0;
  app::Diagnose(context.LoadConfig(), [&](const app::Finding& finding) {
    warnings += finding.health == app::Health::kWarning ? 1 : 0;
    problems += finding.health == app::Health::kProblem ? 1 : 0;
    if (lines) PrintLine(finding);
    rows.push_back(
        {finding.check, std::string(app::ToString(finding.health)), finding.message, finding.hint});
  });
  if (!lines) {
    WriteTexts({{"check"}, {"state"}, {"message"}, {"hint"}}, rows, flags.format, stdout);
  }
  context.Say(Counted(rows.size(), "finding") + ": " + Counted(warnings, "warning") + ", " +
              Counted(problems, "problem"));
  return problems > 0 ? kFailed : kOk;
}

}  // namespace

void AddDoctor(CLI::App& app, Action& action) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("doctor", "look for what goes wrong on machines");
  AddOutput(*command, flags->format);
  command->add_flag("--json", flags->json, "the same as -o json");
  command->footer(
      "Looks at free disk, clock, memory and CPU limits, open files, port, exposure, secrets, "
      "file\n"
      "system, fsync, put-if-absent, temporary files, rights, metadata store, engine, locks and\n"
      "the log of every table. The exit code is 1 when there is a problem; warnings are none.");
  command->callback([&action, flags] {
    if (flags->json) flags->format = Format::kJson;
    action = [flags](Context& c) { return Examine(c, *flags); };
  });
}

}  // namespace lakehouse::cli
