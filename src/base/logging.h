#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace lakehouse {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat { kAuto, kPretty, kJson };  ///< kAuto: pretty on a terminal, JSON otherwise

/// Where and how the process logs (stderr). May be called again; thread-safe.
void ConfigureLogging(LogLevel level, LogFormat format);

/// One key and its value, both escaped on output (no log forging).
using LogField = std::pair<std::string_view, std::string>;

/// Writes one line. The request and query id of the current LogScope are added. Never pass secrets.
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});
inline void LogDebug(std::string_view m, std::initializer_list<LogField> f = {}) {
  Log(LogLevel::kDebug, m, f);
}
inline void LogInfo(std::string_view m, std::initializer_list<LogField> f = {}) {
  Log(LogLevel::kInfo, m, f);
}
inline void LogWarn(std::string_view m, std::initializer_list<LogField> f = {}) {
  Log(LogLevel::kWarn, m, f);
}
inline void LogError(std::string_view m, std::initializer_list<LogField> f = {}) {
  Log(LogLevel::kError, m, f);
}

/// Adds one field (such as request_id) to every line that this thread logs while it lives.
class LogScope {
 public:
  LogScope(std::string_view key, std::string value);
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;
};

}  // namespace lakehouse
