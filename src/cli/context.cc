#include "cli/context.h"

#include <cstdio>
#include <iostream>
#include <set>

#include "base/error.h"
#include "cli/terminal.h"

namespace lakehouse::cli {

Config Context::LoadConfig() const {
  Config::Source source;
  if (!flags_.config_file.empty()) source.file = flags_.config_file;
  if (!flags_.environment.empty()) source.environment = flags_.environment;
  if (!flags_.data_root.empty()) source.flags["storage.data_root"] = flags_.data_root;
  for (const std::string& setting : flags_.settings) {
    const size_t at = setting.find('=');
    if (at == std::string::npos) {
      throw Error(ErrorKind::kInvalidArgument, "LK-9002", "--set " + setting + " has no '='",
                  "Write --set key=value, for example --set query.threads=2.");
    }
    source.flags[setting.substr(0, at)] = setting.substr(at + 1);
  }
  for (const auto& [key, value] : overrides_) source.flags[key] = value;
  source.variables = Config::ProcessVariables();
  return Config::Load(source);
}

app::Lakehouse& Context::lakehouse() { return *share(); }

std::shared_ptr<app::Lakehouse> Context::share() {
  if (!lakehouse_) lakehouse_ = app::Lakehouse::Open(LoadConfig());
  return lakehouse_;
}

void Context::Override(const std::string& key, const std::string& value) {
  overrides_[key] = value;
}

security::Principal Context::principal() const { return security::LocalPrincipal(); }

void Context::Say(const std::string& line) const {
  if (!flags_.quiet) std::fprintf(stderr, "%s\n", line.c_str());
}

bool Context::Confirm(const std::string& what, bool yes) const {
  if (yes) return true;
  if (!CanAsk()) {
    throw Error(ErrorKind::kInvalidArgument, "LK-9011", "not done without a yes: " + what,
                "Repeat with --yes, or with --dry-run to see what would happen.");
  }
  std::fprintf(stderr, "%s? [y/N] ", what.c_str());
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return true;
  Say("nothing was changed");
  return false;
}

ExitCode ExitCodeOf(const Error& error) {
  static const std::set<std::string> usage = {"LK-9001", "LK-9002", "LK-9003", "LK-9008",
                                              "LK-9011"};
  if (usage.contains(error.code())) return kUsage;
  switch (error.kind()) {
    case ErrorKind::kNotFound:
      return kNotFound;
    case ErrorKind::kPermissionDenied:
    case ErrorKind::kUnauthenticated:
      return kDenied;
    case ErrorKind::kCommitConflict:
    case ErrorKind::kAlreadyExists:
      return kConflict;
    case ErrorKind::kCancelled:
      return kInterrupted;
    default:
      return kFailed;
  }
}

int Report(const Error& error, const char* explain_command) {
  std::fflush(stdout);  // rows before the error stand before it
  const bool colours = ColoursOnError();
  const auto label = [&](const char* text, const char* colour) {
    return colours ? "\033[" + std::string(colour) + "m" + text + "\033[0m" : std::string(text);
  };
  const std::string error_label = label(("error " + error.code() + ":").c_str(), "1;31");
  std::fprintf(stderr, "%s %s\n", error_label.c_str(), error.message().c_str());
  if (!error.cause().empty()) {
    std::fprintf(stderr, "%s %s\n", label("cause:", "1").c_str(), error.cause().c_str());
  }
  if (!error.hint().empty()) {
    std::fprintf(stderr, "%s %s\n", label("hint:", "1;36").c_str(), error.hint().c_str());
  }
  if (CanAsk()) {
    std::fprintf(stderr, "%s %s %s\n", label("more:", "1").c_str(), explain_command,
                 error.code().c_str());
  }
  return ExitCodeOf(error);
}

}  // namespace lakehouse::cli
