#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace lakehouse::cli {

/// "lakehouse table list": the words that lead to a command.
std::string PathOf(const CLI::App& command);
/// Its commands without the hidden ones, by name.
std::vector<const CLI::App*> CommandsOf(const CLI::App& command);
/// The command of which the words of a parsed command line speak last.
const CLI::App& Chosen(const CLI::App& root);
/// "--output", "-o", ...: every option that may stand after `command`, its parents' too.
std::vector<std::string> OptionsOf(const CLI::App& command);

/// What was wrong with a command line, with candidates for the wrong word: InvalidArgument LK-9001.
Error UsageError(const CLI::App& root, const CLI::ParseError& error);

/// DuckDB's spellings become ours: "-csv" is "--output=csv", and "-c" or "-f" without a command is
/// that of `sql`.
std::vector<std::string> NormalizeArguments(int argc, char** argv);

}  // namespace lakehouse::cli
