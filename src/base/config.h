#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse {

enum class Environment { kLocal, kDevelopment, kStaging, kProduction };
enum class SettingType { kString, kInteger, kDouble, kBoolean, kBytes, kDurationMs, kStringList };

/// One documented key. The table of all of them (Settings()) is the only place where keys, types,
/// defaults and documentation are written; the template, the reference and `config explain` come
/// from it.
struct Setting {
  std::string key;  ///< dotted, such as "query.memory_limit"
  SettingType type = SettingType::kString;
  std::string defaults[4];    ///< by Environment, as text; "" with `optional` means unset
  std::string documentation;  ///< one or two sentences, with unit and range
  bool optional = false;
  bool secret = false;               ///< shown as ******** everywhere
  std::vector<std::string> choices;  ///< allowed values, empty means any
  double minimum = 0;                ///< for numbers, with maximum; both 0 means no range
  double maximum = 0;
};

const std::vector<Setting>& Settings();

/// Where a value came from: "flag", "environment LAKEHOUSE_QUERY_THREADS", "file x.yml:12",
/// "default".
struct ConfigValue {
  std::string text;
  std::string origin;
};

/// The configuration of one process: immutable once loaded. Precedence: flag > LAKEHOUSE_* variable
/// > file > default of the environment. A key "a.b_c" is the variable LAKEHOUSE_A_B_C.
class Config {
 public:
  struct Source {
    std::optional<std::string> file;  ///< path of a YAML file
    std::optional<std::string>
        environment;  ///< "local", ...; else LAKEHOUSE_ENVIRONMENT, file, local
    std::map<std::string, std::string> flags;  ///< dotted key -> text
    /// The process environment; tests hand in their own. Only LAKEHOUSE_* keys and ${env:X} are
    /// read.
    std::map<std::string, std::string> variables;
  };
  /// Errors: unknown key InvalidArgument LK-1001 with line, column and did-you-mean; wrong type
  /// LK-1002; out of range or not a choice LK-1003; unreadable file LK-1004; YAML syntax LK-1005;
  /// ${...} that does not resolve LK-1006; unknown environment LK-1007.
  static Config Load(const Source& source);
  /// The defaults of `environment` and no file, no variables.
  static Config Defaults(Environment environment);
  static std::map<std::string, std::string> ProcessVariables();

  Environment environment() const { return environment_; }
  const std::string& GetString(std::string_view key) const;
  int64_t GetInteger(std::string_view key) const;
  double GetDouble(std::string_view key) const;
  bool GetBoolean(std::string_view key) const;
  int64_t GetBytes(std::string_view key) const;       ///< "8g", "512MiB", plain numbers
  int64_t GetDurationMs(std::string_view key) const;  ///< "500ms", "30s", "10m", "2h", "7d"
  std::vector<std::string> GetList(std::string_view key) const;
  bool IsSet(std::string_view key) const;
  const ConfigValue& Get(std::string_view key) const;

  /// A copy with one value replaced (origin "flag"); checked as in Load.
  Config With(std::string_view key, std::string value) const;
  /// Every value by section ("spark", "storage", ...), secrets included: for a service's
  /// constructor.
  std::map<std::string, std::string> Section(std::string_view name) const;

  /// A commented YAML file with every key of `environment` at its default.
  static std::string Template(Environment environment);

 private:
  Environment environment_ = Environment::kLocal;
  std::map<std::string, ConfigValue, std::less<>> values_;
};

std::string_view ToString(Environment environment);

}  // namespace lakehouse
