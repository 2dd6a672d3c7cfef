#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"

namespace lakehouse::cli {

/// Adds subcommands to a command, which then needs one: the chosen one runs with the flags that
/// all of them share.
template <typename Flags>
class Subcommands {
 public:
  Subcommands(CLI::App& command, Action& action, std::shared_ptr<Flags> flags)
      : command_(command), action_(action), flags_(std::move(flags)) {
    command.require_subcommand(1);
  }

  CLI::App* operator()(const char* name, const char* help,
                       int (*run)(Context&, const Flags&)) const {
    CLI::App* added = command_.add_subcommand(name, help);
    added->callback([&action = action_, flags = flags_, run] {
      action = [=](Context& context) { return run(context, *flags); };
    });
    return added;
  }

 private:
  CLI::App& command_;
  Action& action_;
  const std::shared_ptr<Flags> flags_;
};

}  // namespace lakehouse::cli
