#include "cli/options.h"

#include <CLI/CLI.hpp>

namespace lakehouse::cli {

CLI::Validator WholeNumber() {
  return CLI::Validator(
      [](std::string& text) {
        const bool digits = !text.empty() && text.size() <= 18 &&
                            text.find_first_not_of("0123456789") == std::string::npos;
        return digits ? "" : "\"" + text + "\" is not a whole number, 0 or more";
      },
      "");
}

CLI::Validator Share() {
  return CLI::Validator(
      [](std::string& text) {
        double share = -1;
        const bool number = CLI::detail::lexical_cast(text, share);
        return number && share >= 0 && share <= 1 ? ""
                                                  : "\"" + text + "\" is not a number from 0 to 1";
      },
      "");
}

void AddOutput(CLI::App& command, Format& format) {
  command
      .add_option_function<std::string>(
          "-o,--output", [&format](const std::string& name) { format = ParseFormat(name); },
          "table, json, jsonl, csv, md or arrow")
      ->type_name("FORMAT");
}

void AddDryRun(CLI::App& command, bool& dry_run) {
  command.add_flag("--dry-run", dry_run, "say what would happen, change nothing");
}

void AddYes(CLI::App& command, bool& yes) { command.add_flag("-y,--yes", yes, "do not ask"); }

}  // namespace lakehouse::cli
