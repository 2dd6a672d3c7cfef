#include "base/config.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/config_value.h"
#include "base/error.h"
#include "base/suggest.h"

extern char** environ;

namespace lakehouse {
namespace {

constexpr std::string_view kVariablePrefix = "LAKEHOUSE_";
constexpr size_t kMaxFileBytes = 1 << 20;
constexpr int kMaxDepth = 8;

const std::vector<std::string> kEnvironments = {"local", "development", "staging", "production"};

Environment ParseEnvironment(const std::string& name) {
  const auto found = std::find(kEnvironments.begin(), kEnvironments.end(), name);
  if (found != kEnvironments.end()) {
    return static_cast<Environment>(found - kEnvironments.begin());
  }
  throw Error(
      ErrorKind::kInvalidArgument, "LK-1007", "there is no environment '" + name + "'",
      DidYouMean(name, kEnvironments) + " Environments: local, development, staging, production.");
}

const Setting* FindSetting(std::string_view key) {
  const auto& all = Settings();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Setting& s) { return s.key == key; });
  return found == all.end() ? nullptr : &*found;
}

[[noreturn]] void ThrowUnknown(std::string_view key, const std::string& origin) {
  std::vector<std::string> keys;
  for (const Setting& setting : Settings()) keys.push_back(setting.key);
  const std::string suggestion = DidYouMean(key, keys);
  throw Error(ErrorKind::kInvalidArgument, "LK-1001",
              "there is no setting '" + std::string(key) + "' (" + origin + ")",
              suggestion.empty() ? "lakehouse config explain lists every setting." : suggestion);
}

std::string VariableOf(const std::string& key) {
  std::string name(kVariablePrefix);
  for (const char c : key) {
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

/// The rest of `in`; false for a directory or more than kMaxFileBytes.
bool ReadAtMost(std::ifstream& in, std::string& text) {
  text.resize(kMaxFileBytes + 1);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  return !in.bad() && text.size() <= kMaxFileBytes;
}

std::string ReadWhole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw Error(ErrorKind::kNotFound, "LK-1004", "cannot read the file " + path,
                "Check the path and that this user may read it.");
  }
  std::string text;
  if (!ReadAtMost(in, text)) {
    throw Error(ErrorKind::kInvalidArgument, "LK-1004", path + " is no file, or larger than 1 MiB",
                "Name a YAML file; lakehouse config template writes one.");
  }
  return text;
}

Error BadReference(const std::string& reference, const std::string& origin,
                   const std::string& why) {
  // The text around a reference may be a secret; only the reference itself is shown.
  return Error(ErrorKind::kInvalidArgument, "LK-1006",
               "'" + reference + "' (" + origin + "): " + why,
               "Write ${env:NAME} or ${file:/path}.");
}

/// What env:X or file:/path stands for.
std::string ValueOf(const std::string& name, const std::string& origin,
                    const std::map<std::string, std::string>& variables) {
  const std::string reference = "${" + name + "}";
  if (name.starts_with("env:")) {
    const auto found = variables.find(name.substr(4));
    if (found != variables.end()) return found->second;
    throw BadReference(reference, origin, "the variable " + name.substr(4) + " is not set");
  }
  if (!name.starts_with("file:")) throw BadReference(reference, origin, "not a reference");
  std::ifstream in(name.substr(5), std::ios::binary);
  std::string value;
  if (!in || !ReadAtMost(in, value)) {
    throw BadReference(reference, origin, "the file cannot be read or is larger than 1 MiB");
  }
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
  return value;
}

/// Replaces ${env:X} and ${file:/path}; what they name must be there. Values are not expanded
/// again.
std::string Expand(const std::string& text, const std::string& origin,
                   const std::map<std::string, std::string>& variables) {
  std::string expanded;
  size_t done = 0;
  for (size_t begin = text.find("${"); begin != std::string::npos; begin = text.find("${", done)) {
    const size_t end = text.find('}', begin);
    if (end == std::string::npos) throw BadReference("${", origin, "there is no closing brace");
    expanded += text.substr(done, begin - done);
    expanded += ValueOf(text.substr(begin + 2, end - begin - 2), origin, variables);
    if (expanded.size() > kMaxFileBytes) {
      throw BadReference("${", origin, "the value becomes larger than 1 MiB");
    }
    done = end + 1;
  }
  return expanded + text.substr(done);
}

/// Walks a YAML file and hands out its leaves with their place.
class FileReader {
 public:
  FileReader(std::string file, std::map<std::string, ConfigValue, std::less<>>& values)
      : file_(std::move(file)), values_(values) {}

  void Read() {
    try {
      const YAML::Node root = YAML::Load(ReadWhole(file_));
      if (!root || root.IsNull()) return;
      if (!root.IsMap()) throw Syntax(root.Mark(), "the file is not a mapping of sections");
      Walk(root, "", 0);
    } catch (const YAML::Exception& error) {
      throw Syntax(error.mark, error.msg);
    }
  }

 private:
  std::string Place(const YAML::Mark& mark) const {
    return "file " + file_ + ":" + std::to_string(mark.line + 1) + ":" +
           std::to_string(mark.column + 1);
  }
  Error Syntax(const YAML::Mark& mark, const std::string& why) const {
    return Error(ErrorKind::kInvalidArgument, "LK-1005", Place(mark) + ": " + why);
  }

  void Walk(const YAML::Node& node, const std::string& prefix, int depth) {
    if (depth > kMaxDepth) throw Syntax(node.Mark(), "nested too deeply");
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) throw Syntax(entry.first.Mark(), "a key must be a word");
      const std::string key = prefix + entry.first.Scalar();
      const std::string place = Place(entry.first.Mark());
      const Setting* setting = FindSetting(key);
      if (setting != nullptr || key == "environment") {
        if (!values_.emplace(key, ConfigValue{TextOf(entry.second), place}).second) {
          throw Syntax(entry.first.Mark(), key + " stands here a second time");
        }
      } else if (entry.second.IsMap() && HasSection(key)) {
        Walk(entry.second, key + ".", depth + 1);
      } else {
        ThrowUnknown(key, place);
      }
    }
  }

  static bool HasSection(const std::string& name) {
    const auto& all = Settings();
    return std::any_of(all.begin(), all.end(),
                       [&](const Setting& s) { return s.key.rfind(name + ".", 0) == 0; });
  }

  std::string TextOf(const YAML::Node& node) const {
    if (node.IsScalar()) return node.Scalar();
    if (!node || node.IsNull()) return "";
    if (!node.IsSequence()) throw Syntax(node.Mark(), "a value or a list is expected here");
    std::string text;
    for (const auto& item : node) {
      if (!item.IsScalar()) throw Syntax(item.Mark(), "a list holds plain values");
      text += (text.empty() ? "" : ",") + item.Scalar();
    }
    return text;
  }

  const std::string file_;
  std::map<std::string, ConfigValue, std::less<>>& values_;
};

std::string ChooseEnvironment(const Config::Source& source,
                              const std::map<std::string, ConfigValue, std::less<>>& file) {
  if (source.environment) return *source.environment;
  const auto variable = source.variables.find("LAKEHOUSE_ENVIRONMENT");
  if (variable != source.variables.end()) return variable->second;
  const auto entry = file.find("environment");
  return entry == file.end() ? "local" : entry->second.text;
}

/// LAKEHOUSE_* names that are no setting but belong to the program's own tools.
bool IsOtherVariable(const std::string& name) {
  static const std::vector<std::string> others = {"LAKEHOUSE_ENVIRONMENT", "LAKEHOUSE_CONFIG",
                                                  "LAKEHOUSE_TOKEN"};
  return std::find(others.begin(), others.end(), name) != others.end();
}

}  // namespace

std::string_view ToString(Environment environment) {
  return kEnvironments[static_cast<size_t>(environment)];
}

std::map<std::string, std::string> Config::ProcessVariables() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t at = text.find('=');
    if (at != std::string_view::npos) variables.emplace(text.substr(0, at), text.substr(at + 1));
  }
  return variables;
}

Config Config::Load(const Source& source) {
  std::map<std::string, ConfigValue, std::less<>> file;
  std::optional<std::string> path = source.file;
  const auto named = source.variables.find("LAKEHOUSE_CONFIG");
  if (!path && named != source.variables.end()) path = named->second;
  if (path) FileReader(*path, file).Read();
  Config config = Defaults(ParseEnvironment(ChooseEnvironment(source, file)));
  file.erase("environment");
  for (auto& [key, value] : file) config.values_[key] = std::move(value);
  for (const Setting& setting : Settings()) {
    const auto found = source.variables.find(VariableOf(setting.key));
    if (found == source.variables.end() || IsOtherVariable(found->first)) continue;
    config.values_[setting.key] = {found->second, "environment " + found->first};
  }
  for (const auto& [key, text] : source.flags) {
    if (FindSetting(key) == nullptr) ThrowUnknown(key, "flag");
    config.values_[key] = {text, "flag"};
  }
  for (const Setting& setting : Settings()) {
    ConfigValue& value = config.values_[setting.key];
    value.text = Expand(value.text, value.origin, source.variables);
    CheckValue(setting, value.text, value.origin);
  }
  return config;
}

Config Config::Defaults(Environment environment) {
  Config config;
  config.environment_ = environment;
  for (const Setting& setting : Settings()) {
    config.values_[setting.key] = {setting.defaults[static_cast<size_t>(environment)], "default"};
  }
  return config;
}

const ConfigValue& Config::Get(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) ThrowUnknown(key, "asked for");
  return found->second;
}

const std::string& Config::GetString(std::string_view key) const { return Get(key).text; }
int64_t Config::GetInteger(std::string_view key) const {
  return ParseInteger(Get(key).text).value_or(0);
}
double Config::GetDouble(std::string_view key) const {
  return ParseDouble(Get(key).text).value_or(0);
}
bool Config::GetBoolean(std::string_view key) const {
  return ParseBoolean(Get(key).text).value_or(false);
}
int64_t Config::GetBytes(std::string_view key) const {
  return ParseBytes(Get(key).text).value_or(0);
}
int64_t Config::GetDurationMs(std::string_view key) const {
  return ParseDurationMs(Get(key).text).value_or(0);
}
std::vector<std::string> Config::GetList(std::string_view key) const {
  return ParseList(Get(key).text);
}
bool Config::IsSet(std::string_view key) const { return !Get(key).text.empty(); }

Config Config::With(std::string_view key, std::string value) const {
  const Setting* setting = FindSetting(key);
  if (setting == nullptr) ThrowUnknown(key, "flag");
  CheckValue(*setting, value, "flag");
  Config copy = *this;
  copy.values_[std::string(key)] = {std::move(value), "flag"};
  return copy;
}

std::map<std::string, std::string> Config::Section(std::string_view name) const {
  const std::string prefix = std::string(name) + ".";
  std::map<std::string, std::string> section;
  for (const auto& [key, value] : values_) {
    if (key.rfind(prefix, 0) == 0) section[key.substr(prefix.size())] = value.text;
  }
  return section;
}

std::string Config::Template(Environment environment) {
  std::string text =
      "# Configuration of a lakehouse. Every key is at its default.\n"
      "# Secrets: ${env:NAME} or ${file:/path}.\nenvironment: " +
      std::string(ToString(environment)) + "\n";
  std::string section;
  // Settings stand together by section in the template, wherever they stand in the table.
  std::vector<const Setting*> sorted;
  for (const Setting& setting : Settings()) sorted.push_back(&setting);
  const auto section_of = [](const Setting* s) { return s->key.substr(0, s->key.find('.')); };
  // The table keeps its order within a section: pointers into it ascend.
  std::sort(sorted.begin(), sorted.end(), [&](const Setting* a, const Setting* b) {
    return std::pair(section_of(a), a) < std::pair(section_of(b), b);
  });
  for (const Setting* setting : sorted) {
    if (section_of(setting) != section) {
      section = section_of(setting);
      text += "\n" + section + ":\n";
    }
    const std::string& value = setting->defaults[static_cast<size_t>(environment)];
    const std::string name = setting->key.substr(section.size() + 1);
    text += "  # " + setting->documentation + "\n";
    text += value.empty() && setting->optional ? "  # " + name + ":\n"
                                               : "  " + name + ": \"" + value + "\"\n";
  }
  return text;
}

}  // namespace lakehouse
