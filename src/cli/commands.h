#pragma once

#include <functional>

#include "cli/context.h"

namespace CLI {
class App;
}

namespace lakehouse::cli {

/// What the chosen command does; returns the exit code.
using Action = std::function<int(Context&)>;

// Each adds one command (with its subcommands) to `app`. When the command is chosen on the command
// line it stores what to do in `action`; one file per command.
void AddSql(CLI::App& app, Action& action);
void AddTable(CLI::App& app, Action& action);
void AddIngest(CLI::App& app, Action& action);
void AddJob(CLI::App& app, Action& action);
void AddConfig(CLI::App& app, Action& action);
void AddCatalog(CLI::App& app, Action& action);
void AddServe(CLI::App& app, Action& action);
void AddToken(CLI::App& app, Action& action);
void AddDoctor(CLI::App& app, Action& action);
void AddExplain(CLI::App& app, Action& action);
void AddVersion(CLI::App& app, Action& action);
void AddCompletions(CLI::App& app, Action& action);
void AddReference(CLI::App& app, Action& action);
void AddHelp(CLI::App& app, Action& action);

/// Prints the page of an error code; NotFound LK-9005 with candidates.
int ExplainCode(std::string code);

/// The whole program: parses, runs, reports. Returns the exit code.
int RunCommandLine(int argc, char** argv);

}  // namespace lakehouse::cli
