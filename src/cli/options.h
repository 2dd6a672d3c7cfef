#pragma once

#include <string>

#include "cli/output.h"

namespace CLI {
class App;
class Validator;
}  // namespace CLI

namespace lakehouse::cli {

/// A check of an option's value: a whole number, 0 or more.
CLI::Validator WholeNumber();
/// The same: a share, 0 to 1.
CLI::Validator Share();

// Options that several commands have, under the same name and with the same words.

/// `-o,--output`: how rows are written. A wrong name is a usage error with candidates.
void AddOutput(CLI::App& command, Format& format);
/// `--dry-run`: say what would happen, change nothing.
void AddDryRun(CLI::App& command, bool& dry_run);
/// `--yes`: the answer to the question that a destructive command asks.
void AddYes(CLI::App& command, bool& yes);

}  // namespace lakehouse::cli
