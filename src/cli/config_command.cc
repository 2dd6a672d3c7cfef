#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace lakehouse::cli {
namespace {

int Explain(Context& context, const std::string& key, const std::string& format) {
  const Config config = context.LoadConfig();
  std::vector<std::vector<std::string>> rows;
  for (const Setting& setting : Settings()) {
    if (!key.empty() && setting.key.rfind(key, 0) != 0) continue;
    const ConfigValue& value = config.Get(setting.key);
    const bool hide = setting.secret && !value.text.empty();
    rows.push_back(
        {setting.key, hide ? "********" : value.text, value.origin, setting.documentation});
  }
  if (rows.empty()) config.Get(key);  // throws with candidates
  WriteTexts({"key", "value", "origin", "documentation"}, rows, ParseFormat(format), stdout);
  return kOk;
}

int WriteTemplate(Context& context, const std::string& file, bool force) {
  const std::string text = Config::Template(context.LoadConfig().environment());
  if (file.empty() || file == "-") {
    std::fputs(text.c_str(), stdout);
    return kOk;
  }
  if (!force && access(file.c_str(), F_OK) == 0) {
    throw Error(ErrorKind::kAlreadyExists, "LK-9006", file + " is there already",
                "Give another name, or --force to replace it.");
  }
  std::ofstream out(file, std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw Error(ErrorKind::kIoError, "LK-8007", "cannot write " + file);
  context.Say("wrote " + file);
  return kOk;
}

}  // namespace

void AddConfig(CLI::App& app, Action& action) {
  struct Flags {
    std::string key, format = "table", file;
    bool force = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("config", "show, check and create configurations");
  command->require_subcommand(1);
  CLI::App* explain =
      command->add_subcommand("explain", "each value, where it comes from and what it means");
  explain->add_option("key", flags->key, "only keys that begin with this");
  explain->add_option("-o,--output", flags->format, "table, json, jsonl, csv or md");
  explain->callback([&action, flags] {
    action = [flags](Context& c) { return Explain(c, flags->key, flags->format); };
  });
  CLI::App* create = command->add_subcommand("template", "a commented file with every key");
  create->add_option("file", flags->file, "where to; standard output without");
  create->add_flag("--force", flags->force, "replace the file");
  create->callback([&action, flags] {
    action = [flags](Context& c) { return WriteTemplate(c, flags->file, flags->force); };
  });
  command->add_subcommand("validate", "check the configuration")->callback([&action] {
    action = [](Context& c) {
      const Config config = c.LoadConfig();
      c.Say("the configuration is valid (environment " +
            std::string(ToString(config.environment())) + ")");
      return kOk;
    };
  });
}

}  // namespace lakehouse::cli
