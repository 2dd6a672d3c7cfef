#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/shell.h"
#include "cli/usage.h"

namespace lakehouse::cli {
namespace {

void AddGlobalFlags(CLI::App& app, GlobalFlags& flags) {
  app.add_option("--config", flags.config_file, "YAML configuration file")->type_name("FILE");
  app.add_option("--environment", flags.environment, "local, development, staging or production")
      ->type_name("NAME");
  app.add_option("--data-root", flags.data_root, "directory of the lakehouse (storage.data_root)")
      ->type_name("DIRECTORY");
  app.add_option("--set", flags.settings, "a setting; may be repeated")
      ->type_name("KEY=VALUE")
      ->take_all();
  app.add_flag("-q,--quiet", flags.quiet, "no talk on stderr but errors");
}

void AddCommands(CLI::App& app, Action& action) {
  for (const auto add :
       {AddSql, AddTable, AddIngest, AddJob, AddServe, AddToken, AddConfig, AddCatalog, AddDoctor,
        AddExplain, AddVersion, AddCompletions, AddReference, AddHelp}) {
    add(app, action);
  }
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    if (!command->get_group().empty()) command->group("Commands");
    for (CLI::App* sub : command->get_subcommands([](CLI::App*) { return true; })) {
      sub->group("Commands");
    }
  }
}

void SetUpHelp(CLI::App& app) {
  app.set_help_flag("-h,--help", "print this help");
  app.get_formatter()->column_width(34);
  app.get_formatter()->label("Positionals", "Arguments");
  app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  app.get_formatter()->label("REQUIRED", "(required)");
}

/// After the commands were added: they would inherit it.
void SetUpFooter(CLI::App& app) {
  app.footer(
      "Alone on a terminal it is the SQL shell. lakehouse COMMAND --help tells more.\n\n"
      "Examples:\n"
      "  lakehouse sql \"SELECT 42 AS answer\"\n"
      "  lakehouse ingest orders.csv --into bronze.orders\n"
      "  lakehouse doctor");
}

int ReportUsage(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    return app.exit(error) == 0 ? kOk : kUsage;  // --help, --version
  }
  return Report(UsageError(app, error));
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
  SetUpHelp(app);
  app.set_version_flag("--version", std::string(Version()), "print the version");
  AddGlobalFlags(app, flags);
  AddCommands(app, action);
  SetUpFooter(app);
  if (argc > 1 && std::string_view(argv[1]) == kCompletionCommand) {
    return PrintCompletions(app, {argv + 2, argv + argc});
  }
  try {
    std::vector<std::string> words = NormalizeArguments(argc, argv);
    std::reverse(words.begin(), words.end());  // as CLI11 takes them
    app.parse(words);
    Context context(flags);
    return action ? action(context) : RunShell(context);
  } catch (const CLI::ParseError& error) {
    return ReportUsage(app, error);
  } catch (...) {
    return Report(CurrentError());
  }
}

}  // namespace lakehouse::cli
