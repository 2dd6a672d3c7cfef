#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string_view>

#include "app/diagnosis_checks.h"
#include "app/open_stores.h"

namespace lakehouse::app {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kOthers = 0077;
constexpr std::string_view kDefaultPasswords[] = {"admin",    "admin123", "changeme", "default",
                                                  "password", "postgres", "secret"};

bool IsLoopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

/// Is `text` a password that everybody tries, or an address with one: "scheme://user:password@"?
bool HasDefaultPassword(const std::string& text) {
  return std::any_of(
      std::begin(kDefaultPasswords), std::end(kDefaultPasswords), [&](std::string_view known) {
        return text == known || text.find(":" + std::string(known) + "@") != std::string::npos;
      });
}

/// "file x.yml:12:3" -> "x.yml"
std::string FileOf(const std::string& origin) {
  if (!origin.starts_with("file ")) return {};
  const size_t column = origin.rfind(':');
  const size_t line = column == std::string::npos ? column : origin.rfind(':', column - 1);
  return line == std::string::npos ? "" : origin.substr(5, line - 5);
}

bool OthersMay(const fs::path& file) {
  struct stat status{};
  return stat(file.c_str(), &status) == 0 && (status.st_mode & kOthers) != 0;
}

}  // namespace

Findings CheckExposure(const Config& config) {
  const std::string host = config.GetString("server.host");
  const bool authentication = config.GetBoolean("security.enable_authentication");
  const bool tls = config.IsSet("server.tls_certificate");
  if (!IsLoopback(host) && !(authentication && tls)) {
    return {{"", Health::kProblem,
             host + " is reachable from other machines without " +
                 (authentication ? "TLS" : "authentication"),
             "Set server.tls_certificate, server.tls_key and security.enable_authentication, or "
             "server.host to 127.0.0.1."}};
  }
  for (const char* key : {"server.tls_certificate", "server.tls_key"}) {
    if (!config.IsSet(key) || access(config.GetString(key).c_str(), R_OK) == 0) continue;
    return {{"", Health::kProblem, std::string(key) + " cannot be read",
             "Correct the path or the rights of the file."}};
  }
  if (config.IsSet("server.tls_key") && OthersMay(config.GetString("server.tls_key"))) {
    return {{"", Health::kProblem, "other users may read the private key of server.tls_key",
             "chmod 600 the file."}};
  }
  const bool strict = config.environment() == Environment::kStaging ||
                      config.environment() == Environment::kProduction;
  if (strict && !(authentication && config.GetBoolean("security.enable_authorization"))) {
    return {{"", Health::kProblem,
             "the environment is " + std::string(ToString(config.environment())) +
                 ", and authentication or authorization is off",
             "Leave security.enable_authentication and security.enable_authorization on."}};
  }
  return {{"", Health::kOk,
           host + (tls ? " with TLS" : "") +
               (authentication ? ", callers need a token" : ", callers need no token"),
           ""}};
}

Findings CheckSecrets(const Config& config) {
  Findings found;
  std::set<std::string> open_files;
  for (const Setting& setting : Settings()) {
    if (!setting.secret) continue;
    const ConfigValue& value = config.Get(setting.key);
    if (HasDefaultPassword(value.text)) {
      found.push_back({"", Health::kProblem, setting.key + " has a password that everybody tries",
                       "Give it one of its own, best as ${env:NAME} or ${file:/path}."});
    }
    const std::string file = FileOf(value.origin);
    if (!file.empty() && OthersMay(file) && open_files.insert(file).second) {
      found.push_back({"", Health::kWarning,
                       "other users may read " + file + ", which sets " + setting.key,
                       "chmod 600 " + file + ", or name the secret as ${env:NAME}."});
    }
  }
  const char* const grafana = std::getenv("GRAFANA_ADMIN_PASSWORD");
  if (grafana != nullptr && HasDefaultPassword(grafana)) {
    found.push_back({"", Health::kWarning, "GRAFANA_ADMIN_PASSWORD is the one of the examples",
                     "Give Grafana a password of its own."});
  }
  if (found.empty()) found.push_back({"", Health::kOk, "no default passwords", ""});
  return found;
}

Findings CheckFileRights(const Config& config) {
  const fs::path state = StateDirectory(config);
  Findings found;
  size_t looked_at = 0;
  for (const auto& entry : fs::directory_iterator(state)) {
    if (!entry.is_regular_file()) continue;
    ++looked_at;
    if (!OthersMay(entry.path())) continue;
    found.push_back({"", Health::kProblem, "other users may read " + entry.path().string(),
                     "It holds names, rights or tokens: chmod 600 " + entry.path().string()});
  }
  struct stat status{};
  if (stat(LocalPlace(config).c_str(), &status) == 0 && (status.st_mode & S_IWOTH) != 0 &&
      (status.st_mode & S_ISVTX) == 0) {
    found.push_back({"", Health::kProblem, "every user may write " + LocalPlace(config).string(),
                     "chmod o-w " + LocalPlace(config).string()});
  }
  if (found.empty()) {
    found.push_back(
        {"", Health::kOk,
         std::to_string(looked_at) + " files of " + state.string() + " are for their owner only",
         ""});
  }
  return found;
}

}  // namespace lakehouse::app
