#include "cli/completion.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <map>
#include <utility>

#include "app/open_stores.h"
#include "base/error.h"
#include "base/error_pages.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/usage.h"

namespace lakehouse::cli {
namespace {

using Candidates = std::vector<std::pair<std::string, std::string>>;

constexpr char kFiles[] = ":files";

/// The lakehouse of the words so far; nothing when there is none yet: completion makes no files.
std::shared_ptr<app::Lakehouse> OpenExisting(const GlobalFlags& flags) {
  const Config config = Context(flags).LoadConfig();
  if (!std::filesystem::exists(app::StateDirectory(config))) return nullptr;
  return app::Lakehouse::Open(config);
}

void AddTables(const GlobalFlags& flags, Candidates& found) {
  const auto lakehouse = OpenExisting(flags);
  if (!lakehouse) return;
  catalog::Lake& lake = lakehouse->lake();
  const auto principal = security::LocalPrincipal();
  for (const auto& schema : lake.ListSchemas(principal, lake.default_catalog())) {
    for (const auto& object : lake.ListObjects(principal, lake.default_catalog(), schema.name)) {
      found.emplace_back(schema.name + "." + object.name.name, object.comment);
    }
  }
}

void AddSchemas(const GlobalFlags& flags, Candidates& found) {
  const auto lakehouse = OpenExisting(flags);
  if (!lakehouse) return;
  catalog::Lake& lake = lakehouse->lake();
  for (const auto& schema : lake.ListSchemas(security::LocalPrincipal(), lake.default_catalog())) {
    found.emplace_back(schema.name, schema.comment);
  }
}

void AddJobs(const GlobalFlags& flags, Candidates& found) {
  const auto lakehouse = OpenExisting(flags);
  if (!lakehouse) return;
  for (const auto& job : lakehouse->jobs().List(security::LocalPrincipal())) {
    found.emplace_back(job.name, job.kind);
  }
}

/// What may stand for an option or argument of this name.
void AddValues(const std::string& name, const GlobalFlags& flags, Candidates& found) {
  if (name == "output") {
    for (const std::string& format : FormatNames()) found.emplace_back(format, "");
  } else if (name == "environment") {
    for (const char* each : {"local", "development", "staging", "production"}) {
      found.emplace_back(each, "");
    }
  } else if (name == "set" || name == "key") {
    for (const Setting& setting : Settings()) {
      found.emplace_back(setting.key + (name == "set" ? "=" : ""), setting.documentation);
    }
  } else if (name == "code") {
    for (const ErrorPage& page : ErrorPages()) found.emplace_back(page.code, page.title);
  } else if (name == "shell") {
    for (const char* each : {"bash", "zsh", "fish"}) found.emplace_back(each, "");
  } else if (name == "mode") {
    for (const char* each : {"append", "overwrite"}) found.emplace_back(each, "");
  } else if (name == "table" || name == "into") {
    AddTables(flags, found);
  } else if (name == "schema") {
    AddSchemas(flags, found);
  } else if (name == "job") {
    AddJobs(flags, found);
  } else {
    found.emplace_back(kFiles, "");
  }
}

const CLI::Option* FindOption(const CLI::App& command, const std::string& word) {
  for (const CLI::App* at = &command; at != nullptr; at = at->get_parent()) {
    if (const CLI::Option* option = at->get_option_no_throw(word)) return option;
  }
  return nullptr;
}

bool TakesValue(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

std::string NameOf(const CLI::Option& option) {
  return option.get_lnames().empty() ? option.get_name() : option.get_lnames().front();
}

/// Where the words before the last one lead.
struct Place {
  const CLI::App* command;
  const CLI::Option* waiting = nullptr;  ///< the option whose value comes next
  size_t positionals = 0;                ///< words of the command that are no options
  GlobalFlags flags;
};

void Note(const std::string& option, const std::string& value, GlobalFlags& flags) {
  if (option == "data-root") flags.data_root = value;
  if (option == "config") flags.config_file = value;
  if (option == "environment") flags.environment = value;
  if (option == "set") flags.settings.push_back(value);
}

Place Walk(const CLI::App& root, const std::vector<std::string>& words) {
  Place place{.command = &root};
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (place.waiting != nullptr) {
      Note(NameOf(*std::exchange(place.waiting, nullptr)), word, place.flags);
    } else if (word.starts_with('-')) {
      const size_t equals = word.find('=');
      const CLI::Option* option = FindOption(*place.command, word.substr(0, equals));
      if (option == nullptr || !TakesValue(*option)) continue;
      if (equals == std::string::npos) {
        place.waiting = option;
      } else {
        Note(NameOf(*option), word.substr(equals + 1), place.flags);
      }
    } else {
      const CLI::App* next = nullptr;
      for (const CLI::App* command : CommandsOf(*place.command)) {
        if (command->get_name() == word) next = command;
      }
      place.positionals = next != nullptr ? 0 : place.positionals + 1;
      if (next != nullptr) place.command = next;
    }
  }
  return place;
}

void AddArgument(const Place& place, Candidates& found) {
  size_t position = 0;
  for (const CLI::Option* option : place.command->get_options()) {
    if (!option->get_positional()) continue;
    if (position++ == place.positionals || option->get_items_expected_max() > 1) {
      return AddValues(option->get_name(), place.flags, found);
    }
  }
}

Candidates Complete(const CLI::App& root, const std::vector<std::string>& words) {
  const std::string last = words.empty() ? "" : words.back();
  const Place place = Walk(root, words);
  Candidates found;
  const size_t equals = last.find('=');
  if (place.waiting != nullptr) {
    AddValues(NameOf(*place.waiting), place.flags, found);
  } else if (last.starts_with("--") && equals != std::string::npos) {
    const CLI::Option* option = FindOption(*place.command, last.substr(0, equals));
    if (option != nullptr) AddValues(NameOf(*option), place.flags, found);
    for (auto& [name, description] : found) name = last.substr(0, equals + 1) + name;
  } else if (last.starts_with('-')) {
    for (const CLI::App* at = place.command; at != nullptr; at = at->get_parent()) {
      for (const CLI::Option* option : at->get_options()) {
        for (const std::string& name : option->get_lnames()) {
          found.emplace_back("--" + name, option->get_description());
        }
      }
    }
  } else if (const auto commands = CommandsOf(*place.command); !commands.empty()) {
    for (const CLI::App* command : commands) {
      found.emplace_back(command->get_name(), command->get_description());
    }
  } else {
    AddArgument(place, found);
  }
  std::erase_if(found, [&](const auto& candidate) {
    return !candidate.first.ends_with(kFiles) && !candidate.first.starts_with(last);
  });
  return found;
}

}  // namespace

int PrintCompletions(const CLI::App& root, const std::vector<std::string>& words) {
  try {
    for (const auto& [name, description] : Complete(root, words)) {
      const std::string line = description.substr(0, description.find('\n'));
      std::printf("%s%s%s\n", name.c_str(), line.empty() ? "" : "\t", line.c_str());
    }
  } catch (...) {
    return kOk;  // a wrong configuration is told by the command, not while it is typed
  }
  return kOk;
}

}  // namespace lakehouse::cli
