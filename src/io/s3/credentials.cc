#include "io/s3/credentials.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>
#include <string_view>

#include "base/error.h"

namespace lakehouse::io::s3 {
namespace {

/// More than any such file has; the rest is not read.
constexpr size_t kMaxFileBytes = size_t{1} << 20;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
  }
  return text;
}

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return {};
  std::string text(kMaxFileBytes, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(stream.gcount()));
  return text;
}

std::string ValueOf(const std::map<std::string, std::string>& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? std::string() : found->second;
}

}  // namespace

std::map<std::string, std::string> ParseProfile(const std::string& text,
                                                const std::string& profile) {
  std::map<std::string, std::string> values;
  std::istringstream lines(text);
  std::string raw;
  bool inside = false;
  while (std::getline(lines, raw)) {
    const std::string_view line = Trim(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      std::string_view name = Trim(line.substr(1, line.find(']') - 1));
      if (name.starts_with("profile ")) name = Trim(name.substr(8));
      inside = name == profile;
      continue;
    }
    const size_t equals = line.find('=');
    if (!inside || equals == std::string_view::npos) continue;
    std::string key(Trim(line.substr(0, equals)));
    std::transform(key.begin(), key.end(), key.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    values[key] = Trim(line.substr(equals + 1));
  }
  return values;
}

CredentialSource::CredentialSource(CredentialOptions options) : options_(std::move(options)) {}

std::string CredentialSource::Variable(const std::string& name) const {
  return ValueOf(options_.variables, name);
}

std::string CredentialSource::ProfileName() const {
  if (!options_.profile.empty()) return options_.profile;
  const std::string named = Variable("AWS_PROFILE");
  return named.empty() ? "default" : named;
}

std::string CredentialSource::FileOf(const std::string& variable, const std::string& name) const {
  const std::string given = Variable(variable);
  return given.empty() ? Variable("HOME") + "/.aws/" + name : given;
}

std::optional<Credentials> CredentialSource::Find() const {
  if (options_.given) return options_.given;
  // A profile that is asked for by name goes before the variables of the environment.
  if (options_.profile.empty()) {
    const Credentials set{Variable("AWS_ACCESS_KEY_ID"), Variable("AWS_SECRET_ACCESS_KEY"),
                          Variable("AWS_SESSION_TOKEN")};
    if (!set.access_key_id.empty() && !set.secret_access_key.empty()) return set;
  }
  for (const auto& [variable, name] : {std::pair("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
                                       std::pair("AWS_CONFIG_FILE", "config")}) {
    const auto values = ParseProfile(ReadFile(FileOf(variable, name)), ProfileName());
    const Credentials kept{ValueOf(values, "aws_access_key_id"),
                           ValueOf(values, "aws_secret_access_key"),
                           ValueOf(values, "aws_session_token")};
    if (!kept.access_key_id.empty() && !kept.secret_access_key.empty()) return kept;
  }
  return std::nullopt;
}

std::optional<Credentials> CredentialSource::Current() const {
  if (options_.anonymous) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (!found_) found_ = Find();
  if (found_) return found_;
  throw Error(ErrorKind::kUnauthenticated, "LK-8013",
              "there are no credentials for the object store (profile '" + ProfileName() + "')",
              "Set storage.s3_access_key_id and storage.s3_secret_access_key, the variables "
              "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile in ~/.aws/credentials.");
}

bool CredentialSource::Renew(const Credentials& refused) {
  if (options_.anonymous || options_.given) return false;
  const std::lock_guard lock(mutex_);
  found_ = Find();
  return found_ && *found_ != refused;
}

std::string CredentialSource::Region() const {
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (const std::string set = Variable(name); !set.empty()) return set;
  }
  const std::string text = ReadFile(FileOf("AWS_CONFIG_FILE", "config"));
  return ValueOf(ParseProfile(text, ProfileName()), "region");
}

}  // namespace lakehouse::io::s3
