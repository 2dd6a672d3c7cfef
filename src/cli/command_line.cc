#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/suggest.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/shell.h"

namespace lakehouse::cli {
namespace {

void AddGlobalFlags(CLI::App& app, GlobalFlags& flags) {
  app.add_option("--config", flags.config_file, "YAML configuration file");
  app.add_option("--environment", flags.environment, "local, development, staging or production");
  app.add_option("--data-root", flags.data_root, "directory of the lakehouse (storage.data_root)");
  app.add_option("--set", flags.settings, "a setting as key=value; may be repeated")->take_all();
  app.add_flag("-q,--quiet", flags.quiet, "no talk on stderr but errors");
}

/// "lakehouse tabel" -> Did you mean "table"?
std::string SuggestCommand(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  for (int i = 1; i < argc; ++i) {
    if (argv[i][0] == '-') {
      const CLI::Option* option = app.get_option_no_throw(argv[i]);
      if (option != nullptr && option->get_expected_min() > 0) ++i;  // its value
      continue;
    }
    for (const std::string& name : names) {
      if (name == argv[i]) return {};
    }
    return DidYouMean(argv[i], names);
  }
  return {};
}

int ReportUsage(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    return app.exit(error) == 0 ? kOk : kUsage;  // --help
  }
  const std::string suggestion = SuggestCommand(app, argc, argv);
  Report(Error(ErrorKind::kInvalidArgument, "LK-9001", error.what(),
               suggestion.empty() ? "See lakehouse --help." : suggestion));
  return kUsage;
}

}  // namespace

int RunCommandLine(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);  // a closed pipe ends the program silently
  GlobalFlags flags;
  Action action;
  CLI::App app("A data lakehouse in one binary: open table formats, SQL, ingestion.", "lakehouse");
  // Alone on a terminal it is the shell.
  const bool terminal = isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0;
  app.require_subcommand(terminal ? 0 : 1, 1);
  app.fallthrough();
  app.set_version_flag("--version", std::string(Version()));
  AddGlobalFlags(app, flags);
  for (const auto add : {AddSql, AddTable, AddIngest, AddJob, AddServe, AddToken, AddConfig,
                         AddCatalog, AddExplain, AddVersion}) {
    add(app, action);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ReportUsage(app, error, argc, argv);
  }
  try {
    Context context(flags);
    return action ? action(context) : RunShell(context);
  } catch (...) {
    return Report(CurrentError());
  }
}

}  // namespace lakehouse::cli
