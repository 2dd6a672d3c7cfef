#include "cli/context.h"

#include <cstdio>

#include "base/error.h"

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

int Report(const Error& error) {
  std::fprintf(stderr, "error %s: %s\n", error.code().c_str(), error.message().c_str());
  if (!error.cause().empty()) std::fprintf(stderr, "cause: %s\n", error.cause().c_str());
  if (!error.hint().empty()) std::fprintf(stderr, "hint: %s\n", error.hint().c_str());
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

}  // namespace lakehouse::cli
