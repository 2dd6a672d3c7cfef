#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "base/version.h"
#include "cli/commands.h"

namespace lakehouse::cli {

void AddVersion(CLI::App& app, Action& action) {
  app.add_subcommand("version", "print the version")->callback([&action] {
    action = [](Context&) {
      std::printf("lakehouse %s\n", std::string(Version()).c_str());
      return kOk;
    };
  });
}

}  // namespace lakehouse::cli
