#include "cli/usage.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "base/suggest.h"

namespace lakehouse::cli {
namespace {

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::vector<std::string> NamesOf(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  return names;
}

Error Wrong(const CLI::App& command, const std::string& message, std::string hint) {
  const std::string help = "See " + PathOf(command) + " --help.";
  return {ErrorKind::kInvalidArgument, "LK-9001", message,
          hint.empty() ? help : std::move(hint) + " " + help};
}

/// The words that no command took.
Error UnknownWord(const CLI::App& command, const std::string& word) {
  if (word.size() > 1 && word[0] == '-') {
    const std::string name = word.substr(0, word.find('='));
    return Wrong(command, PathOf(command) + " has no option " + name,
                 DidYouMean(name, OptionsOf(command)));
  }
  const auto commands = CommandsOf(command);
  if (commands.empty()) {
    return Wrong(command, PathOf(command) + " does not take the word \"" + word + "\"", "");
  }
  return Wrong(command, PathOf(command) + " has no command \"" + word + "\"",
               DidYouMean(word, NamesOf(commands)));
}

}  // namespace

std::string PathOf(const CLI::App& command) {
  const CLI::App* const parent = command.get_parent();
  return (parent == nullptr ? "" : PathOf(*parent) + " ") + command.get_name();
}

std::vector<const CLI::App*> CommandsOf(const CLI::App& command) {
  auto commands = command.get_subcommands(
      [](const CLI::App* sub) { return !sub->get_group().empty() && !sub->get_name().empty(); });
  std::sort(commands.begin(), commands.end(),
            [](const CLI::App* a, const CLI::App* b) { return a->get_name() < b->get_name(); });
  return commands;
}

const CLI::App& Chosen(const CLI::App& root) {
  const CLI::App* command = &root;
  while (true) {
    const auto taken = command->get_subcommands();
    if (taken.empty()) return *command;
    command = taken.back();
  }
}

std::vector<std::string> OptionsOf(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* at = &command; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
      for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Error UsageError(const CLI::App& root, const CLI::ParseError& error) {
  const CLI::App& command = Chosen(root);
  const std::vector<std::string> unknown = root.remaining(true);
  if (!unknown.empty()) return UnknownWord(command, unknown.front());
  const auto commands = CommandsOf(command);
  if (!commands.empty() && command.get_subcommands().empty()) {
    return Wrong(command, PathOf(command) + " needs a command",
                 "There are " + Joined(NamesOf(commands)) + ".");
  }
  return Wrong(command, PathOf(command) + ": " + error.what(), "");
}

std::vector<std::string> NormalizeArguments(int argc, char** argv) {
  static const std::map<std::string, std::string> spellings = {
      {"-json", "--output=json"},   {"-jsonlines", "--output=jsonl"}, {"-csv", "--output=csv"},
      {"-markdown", "--output=md"}, {"-table", "--output=table"},     {"-readonly", "--readonly"}};
  static const std::vector<std::string> with_value = {"--config", "--environment", "--data-root",
                                                      "--set"};
  std::vector<std::string> words;
  bool before_command = true;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    const auto ours = spellings.find(word);
    if (ours != spellings.end()) word = ours->second;
    if (word == "-bail") continue;  // a script always stops at its first error
    const bool of_sql = word == "-c" || word == "-f" || ours != spellings.end();
    if (before_command && of_sql) words.emplace_back("sql");
    if (of_sql || word.empty() || word[0] != '-') before_command = false;
    words.push_back(word);
    const bool takes_next =
        std::find(with_value.begin(), with_value.end(), word) != with_value.end();
    if (before_command && takes_next && i + 1 < argc) words.emplace_back(argv[++i]);
  }
  return words;
}

}  // namespace lakehouse::cli
