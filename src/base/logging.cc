#include "base/logging.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"

namespace lakehouse {
namespace {

struct Output {
  std::mutex mutex;
  LogLevel level = LogLevel::kWarn;                 ///< guarded by mutex
  bool json = false;                                ///< guarded by mutex
  std::shared_ptr<spdlog::logger> logger = Make();  ///< thread-safe itself

  static std::shared_ptr<spdlog::logger> Make() {
    auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    auto logger = std::make_shared<spdlog::logger>("lakehouse", std::move(sink));
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::trace);
    return logger;
  }
};

Output& TheOutput() {
  static Output output;
  return output;
}

thread_local std::vector<std::pair<std::string, std::string>> scope_fields;

std::string_view NameOf(LogLevel level) {
  constexpr std::string_view kNames[] = {"debug", "info", "warn", "error", "off"};
  return kNames[static_cast<int>(level)];
}

/// JSON string escapes; they also keep a value from forging a second line.
std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

void AppendField(std::string& line, std::string_view key, std::string_view value, bool json) {
  line += json ? fmt::format(",\"{}\":\"{}\"", Escape(key), Escape(value))
               : fmt::format(" {}=\"{}\"", Escape(key), Escape(value));
}

}  // namespace

void ConfigureLogging(LogLevel level, LogFormat format) {
  Output& output = TheOutput();
  const std::lock_guard lock(output.mutex);
  output.level = level;
  output.json =
      format == LogFormat::kJson || (format == LogFormat::kAuto && !isatty(STDERR_FILENO));
}

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  Output& output = TheOutput();
  bool json = false;
  {
    const std::lock_guard lock(output.mutex);
    if (level < output.level || output.level == LogLevel::kOff) return;
    json = output.json;
  }
  const std::string time = FormatTimestampMs(SystemClock().NowMs());
  std::string line = json ? fmt::format(R"({{"time":"{}","level":"{}","message":"{}")", time,
                                        NameOf(level), Escape(message))
                          : fmt::format("{} {:<5} {}", time, NameOf(level), Escape(message));
  for (const auto& [key, value] : scope_fields) AppendField(line, key, value, json);
  for (const auto& [key, value] : fields) AppendField(line, key, value, json);
  if (json) line += '}';
  output.logger->log(spdlog::level::info, "{}", line);
}

LogScope::LogScope(std::string_view key, std::string value) {
  scope_fields.emplace_back(key, std::move(value));
}
LogScope::~LogScope() { scope_fields.pop_back(); }

}  // namespace lakehouse
