#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/subcommands.h"

namespace lakehouse::cli {
namespace {

struct Flags {
  std::string key;
  std::string file;
  Format format = Format::kTable;
  bool force = false;
  bool dry_run = false;
};

int Explain(Context& context, const Flags& flags) {
  const Config config = context.LoadConfig();
  std::vector<std::vector<std::string>> rows;
  for (const Setting& setting : Settings()) {
    if (!setting.key.starts_with(flags.key)) continue;
    const ConfigValue& value = config.Get(setting.key);
    const bool hide = setting.secret && !value.text.empty();
    rows.push_back(
        {setting.key, hide ? "********" : value.text, value.origin, setting.documentation});
  }
  if (rows.empty()) config.Get(flags.key);  // throws with candidates
  WriteTexts({{"key"}, {"value"}, {"origin"}, {"documentation"}}, rows, flags.format, stdout);
  return kOk;
}

int WriteTemplate(Context& context, const Flags& flags) {
  const std::string text = Config::Template(context.LoadConfig().environment());
  if (flags.file.empty() || flags.file == "-") {
    std::fputs(text.c_str(), stdout);
    return kOk;
  }
  if (!flags.force && access(flags.file.c_str(), F_OK) == 0) {
    throw Error(ErrorKind::kAlreadyExists, "LK-9006", flags.file + " is there already",
                "Give another name, or --force to replace it.");
  }
  if (flags.dry_run) {
    context.Say("would write " + flags.file);
    return kOk;
  }
  std::ofstream out(flags.file, std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw Error(ErrorKind::kIoError, "LK-8007", "cannot write " + flags.file);
  context.Say("wrote " + flags.file);
  return kOk;
}

int Validate(Context& context, const Flags&) {
  const Config config = context.LoadConfig();
  context.Say("the configuration is valid (environment " +
              std::string(ToString(config.environment())) + ")");
  return kOk;
}

}  // namespace

void AddConfig(CLI::App& app, Action& action) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("config", "show, check and create configurations");
  const Subcommands add(*command, action, flags);
  CLI::App* explain = add("explain", "each value, where it comes from and what it means", Explain);
  explain->add_option("key", flags->key, "only keys that begin with this")->type_name("");
  AddOutput(*explain, flags->format);
  explain->footer("Example:\n  lakehouse --set query.threads=2 config explain query");
  CLI::App* create = add("template", "a commented file with every key", WriteTemplate);
  create->add_option("file", flags->file, "where to; standard output without")->type_name("");
  create->add_flag("--force", flags->force, "replace the file");
  AddDryRun(*create, flags->dry_run);
  add("validate", "check the configuration", Validate)
      ->footer("Example:\n  lakehouse --config lakehouse.yml config validate");
}

}  // namespace lakehouse::cli
