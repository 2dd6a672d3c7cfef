#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/lakehouse.h"
#include "base/error.h"

namespace lakehouse::cli {

/// What the user sees when a command ends; the same numbers for every command.
enum ExitCode {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kNotFound = 3,
  kDenied = 4,
  kConflict = 5,
  kInterrupted = 130,
};

/// The global flags.
struct GlobalFlags {
  std::string config_file;
  std::string environment;
  std::string data_root;
  std::vector<std::string> settings;  ///< "key=value"
  bool quiet = false;
};

/// What a command works with. The lakehouse opens at first use, so that `version` stays quick.
class Context {
 public:
  explicit Context(const GlobalFlags& flags) : flags_(flags) {}

  const GlobalFlags& flags() const { return flags_; }
  Config LoadConfig() const;
  app::Lakehouse& lakehouse();
  std::shared_ptr<app::Lakehouse> share();
  /// A setting that a command's own flag gives; before the lakehouse opens.
  void Override(const std::string& key, const std::string& value);
  security::Principal principal() const;
  /// A line on stderr, unless --quiet.
  void Say(const std::string& line) const;
  /// Asks before something is lost: "`what`? [y/N]". True without asking when `yes` is set;
  /// InvalidArgument LK-9011 when there is nobody to ask.
  bool Confirm(const std::string& what, bool yes) const;

 private:
  const GlobalFlags& flags_;
  std::map<std::string, std::string> overrides_;
  std::shared_ptr<app::Lakehouse> lakehouse_;
};

/// The exit code that stands for an error: by its kind, and kUsage for a wrong command line.
ExitCode ExitCodeOf(const Error& error);

/// Prints "error LK-nnnn: ..." and the hint on stderr, on a terminal also how to read more, and
/// returns the error's exit code.
int Report(const Error& error, const char* explain_command = "lakehouse explain");

}  // namespace lakehouse::cli
