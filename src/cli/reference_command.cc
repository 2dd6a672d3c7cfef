#include <CLI/CLI.hpp>
#include <cstdio>
#include <sstream>
#include <string>

#include "base/config.h"
#include "base/error.h"
#include "base/suggest.h"
#include "cli/commands.h"
#include "cli/usage.h"

namespace lakehouse::cli {
namespace {

constexpr char kMade[] = "<!-- Made by `./dev reference`; do not edit. -->\n";

/// Text for a cell of a Markdown table.
std::string Cell(const std::string& text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c == '\n' ? ' ' : c;
  }
  return cell;
}

std::string NamesOf(const CLI::Option& option) {
  std::string names;
  for (const std::string& name : option.get_snames()) names += "-" + name + ", ";
  for (const std::string& name : option.get_lnames()) names += "--" + name + ", ";
  names = names.empty() ? option.get_name() : names.substr(0, names.size() - 2);
  const bool value = !names.empty() && names[0] == '-' && option.get_items_expected_max() > 0;
  return "`" + names + (value ? " " + option.get_type_name() : "") + "`";
}

void WriteOptions(const CLI::App& command, std::ostream& out) {
  bool any = false;
  for (const CLI::Option* option : command.get_options()) {
    if (option == command.get_help_ptr()) continue;
    if (!any) out << "\n| argument or option | |\n|---|---|\n";
    any = true;
    const bool needed = option->get_required();
    out << "| " << NamesOf(*option) << " | " << Cell(option->get_description())
        << (needed ? " (required)" : "") << " |\n";
  }
}

/// The footer: words as they are, lines with two spaces before them as one block.
void WriteFooter(const std::string& footer, std::ostream& out) {
  std::istringstream lines(footer);
  bool block = false;
  if (!footer.empty()) out << "\n";
  for (std::string line; std::getline(lines, line);) {
    const bool indented = line.starts_with("  ");
    if (indented && !block) out << "\n```text\n";
    if (!indented && block) out << "```\n";
    block = indented;
    out << (indented ? line.substr(2) : line) << "\n";
  }
  if (block) out << "```\n";
}

void WriteCommand(const CLI::App& command, std::ostream& out) {
  if (command.get_parent() != nullptr) {
    out << "\n## " << PathOf(command) << "\n\n";
    std::string about = command.get_description();
    about[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(about[0])));
    out << about << ".\n";
    WriteOptions(command, out);
    WriteFooter(command.get_footer(), out);
  }
  for (const CLI::App* sub : CommandsOf(command)) WriteCommand(*sub, out);
}

int WriteCommands(const CLI::App& root) {
  std::ostringstream out;
  out << "# Command line\n\n"
      << kMade << "\n"
      << "`lakehouse [OPTION...] COMMAND [ARGUMENT...]`. Alone on a terminal it is the SQL shell.\n"
      << "Data goes to standard output, talk to standard error; errors have a code that\n"
      << "`lakehouse explain` explains. A closed pipe ends a command silently; colours are left\n"
      << "out when `NO_COLOR` is set. `--dry-run` changes nothing; what destroys something asks\n"
      << "first, and refuses where nobody can answer, unless `--yes` is given.\n\n"
      << "| exit code | |\n|---|---|\n"
      << "| 0 | done |\n| 1 | error |\n| 2 | the command line is wrong |\n| 3 | not found |\n"
      << "| 4 | not authenticated or not permitted |\n| 5 | conflict, or there already |\n"
      << "| 130 | interrupted |\n\n"
      << "## Options of every command\n\n"
      << "They stand before or after the command. A setting comes from its option, else from the\n"
      << "variable `LAKEHOUSE_<SECTION>_<KEY>`, else from the file, else from its default; see\n"
      << "[configuration](configuration.md).\n";
  WriteOptions(root, out);
  WriteCommand(root, out);
  std::fputs(out.str().c_str(), stdout);
  return kOk;
}

std::string TypeOf(const Setting& setting) {
  if (!setting.choices.empty()) {
    std::string text;
    for (const std::string& choice : setting.choices) text += (text.empty() ? "" : ", ") + choice;
    return text;
  }
  switch (setting.type) {
    case SettingType::kString:
      return "text";
    case SettingType::kInteger:
    case SettingType::kDouble: {
      const bool range = setting.minimum != 0 || setting.maximum != 0;
      std::ostringstream text;
      text << (setting.type == SettingType::kInteger ? "integer" : "number");
      text << std::fixed;
      text.precision(0);
      if (range) text << ", " << setting.minimum << " to " << setting.maximum;
      return text.str();
    }
    case SettingType::kBoolean:
      return "true or false";
    case SettingType::kBytes:
      return "size";
    case SettingType::kDurationMs:
      return "duration";
    case SettingType::kStringList:
      break;
  }
  return "list";
}

/// One value, or the four when environments differ.
std::string DefaultOf(const Setting& setting) {
  const auto show = [](const std::string& text) {
    return text.empty() ? std::string("(empty)") : "`" + text + "`";
  };
  if (setting.optional) return "unset";
  bool same = true;
  for (const std::string& text : setting.defaults) same = same && text == setting.defaults[0];
  if (same) return show(setting.defaults[0]);
  std::string text;
  for (int i = 0; i < 4; ++i) {
    text += (i ? "; " : "") + std::string(ToString(static_cast<Environment>(i))) + " " +
            show(setting.defaults[i]);
  }
  return text;
}

int WriteSettings() {
  std::ostringstream out;
  out << "# Configuration\n\n"
      << kMade << "\n"
      << "A value comes from the command line (`--set key=value`), else from the variable\n"
      << "`LAKEHOUSE_<SECTION>_<KEY>`, else from the YAML file of `--config`, else from the "
         "default\n"
      << "of the environment (local, development, staging, production). `lakehouse config "
         "explain`\n"
      << "shows each value and where it comes from, `lakehouse config template` writes a file "
         "with\n"
      << "all of them, `lakehouse config validate` checks one. Secrets are best given as\n"
      << "`${env:NAME}` or `${file:/path}`; their values are never printed. Sizes are written as\n"
      << "`512MiB` or `8g`, durations as `500ms`, `30s`, `10m`, `2h` or `7d`.\n";
  std::string section;
  for (const Setting& setting : Settings()) {
    const std::string own = setting.key.substr(0, setting.key.find('.'));
    if (own != section) {
      section = own;
      out << "\n## " << section << "\n\n| key | value | default | |\n|---|---|---|---|\n";
    }
    out << "| `" << setting.key << "` | " << Cell(TypeOf(setting)) << " | "
        << Cell(DefaultOf(setting)) << " | " << Cell(setting.documentation)
        << (setting.secret ? " Secret." : "") << " |\n";
  }
  std::fputs(out.str().c_str(), stdout);
  return kOk;
}

int WriteReference(const CLI::App& root, const std::string& what) {
  if (what == "cli") return WriteCommands(root);
  if (what == "configuration") return WriteSettings();
  const std::vector<std::string> names = {"cli", "configuration"};
  throw Error(ErrorKind::kInvalidArgument, "LK-9001", "there is no reference of " + what,
              DidYouMean(what, names) + " There are cli and configuration.");
}

/// The command that the words lead to.
const CLI::App& Follow(const CLI::App& root, const std::vector<std::string>& words) {
  const CLI::App* command = &root;
  for (const std::string& word : words) {
    const CLI::App* next = nullptr;
    std::vector<std::string> names;
    for (const CLI::App* sub : CommandsOf(*command)) {
      names.push_back(sub->get_name());
      if (sub->get_name() == word) next = sub;
    }
    if (next == nullptr) {
      throw Error(ErrorKind::kInvalidArgument, "LK-9001",
                  PathOf(*command) + " has no command \"" + word + "\"", DidYouMean(word, names));
    }
    command = next;
  }
  return *command;
}

}  // namespace

void AddReference(CLI::App& app, Action& action) {
  auto what = std::make_shared<std::string>();
  // An empty group hides a command.
  CLI::App* command = app.add_subcommand("reference", "print a page of the reference")->group("");
  command->add_option("what", *what, "cli or configuration")->required();
  const CLI::App* root = &app;
  command->callback([&action, root, what] {
    action = [root, what](Context&) { return WriteReference(*root, *what); };
  });
}

void AddHelp(CLI::App& app, Action& action) {
  auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand("help", "how to use a command");
  command->add_option("command", *words, "the command")->type_name("");
  const CLI::App* root = &app;
  command->callback([&action, root, words] {
    action = [root, words](Context&) {
      const CLI::App& wanted = Follow(*root, *words);
      const CLI::App* parent = wanted.get_parent();
      const std::string before = parent == nullptr ? "" : PathOf(*parent);
      std::fputs(wanted.help(before).c_str(), stdout);
      return kOk;
    };
  });
}

}  // namespace lakehouse::cli
