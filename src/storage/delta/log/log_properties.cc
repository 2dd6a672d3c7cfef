#include "storage/delta/log/log_properties.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <vector>

#include "storage/delta/log/protocol.h"

namespace lakehouse::storage::delta {
namespace {

constexpr int64_t kCheckpointInterval = 10;
constexpr int64_t kDeletedFileRetentionMs = 7 * kDayMs;
constexpr int64_t kLogRetentionMs = 30 * kDayMs;
/// Longer durations are no better than this one, and cannot overflow sums with times.
constexpr double kLongestMs = 1000.0 * 365 * kDayMs;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) || c == '\'') {
      if (!words.back().empty()) words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

/// Milliseconds of one unit, in the singular or the plural.
std::optional<double> UnitMs(std::string unit) {
  static const std::map<std::string, double> units = {
      {"microsecond", 0.001},    {"millisecond", 1}, {"second", 1000},      {"minute", 60'000},
      {"hour", double{kHourMs}}, {"day", kDayMs},    {"week", 7.0 * kDayMs}};
  if (unit.ends_with('s')) unit.pop_back();
  const auto found = units.find(unit);
  return found == units.end() ? std::nullopt : std::optional(found->second);
}

const std::string* Find(const TableMetadata& metadata, const std::string& key) {
  const auto found = metadata.properties.find(key);
  return found == metadata.properties.end() ? nullptr : &found->second;
}

}  // namespace

std::optional<int64_t> ParseDuration(std::string_view text) {
  std::vector<std::string> words = Words(Lower(text));
  if (!words.empty() && words[0] == "interval") words.erase(words.begin());
  if (words.empty() || words.size() % 2 != 0) return std::nullopt;
  double total = 0;
  for (size_t i = 0; i < words.size(); i += 2) {
    double number = 0;
    const char* end = words[i].data() + words[i].size();
    const auto [at, failure] = std::from_chars(words[i].data(), end, number);
    const auto unit = UnitMs(words[i + 1]);
    if (failure != std::errc() || at != end || !unit) return std::nullopt;
    total += number * *unit;
  }
  if (!(total >= 0)) return std::nullopt;
  return static_cast<int64_t>(std::min(total, kLongestMs));
}

bool FlagProperty(const TableMetadata& metadata, const std::string& key, bool fallback) {
  const std::string* text = Find(metadata, key);
  return text == nullptr ? fallback : Lower(*text) == "true";
}

int64_t DeletedFileRetentionMs(const TableMetadata& metadata) {
  const std::string* text = Find(metadata, "delta.deletedFileRetentionDuration");
  return text == nullptr ? kDeletedFileRetentionMs
                         : ParseDuration(*text).value_or(kDeletedFileRetentionMs);
}

std::optional<int64_t> LogRetentionMs(const TableMetadata& metadata) {
  if (!FlagProperty(metadata, "delta.enableExpiredLogCleanup", true)) return std::nullopt;
  const std::string* text = Find(metadata, "delta.logRetentionDuration");
  return text == nullptr ? std::optional(kLogRetentionMs) : ParseDuration(*text);
}

int64_t CheckpointInterval(const TableMetadata& metadata) {
  const int64_t interval =
      NumberProperty(metadata, "delta.checkpointInterval").value_or(kCheckpointInterval);
  return interval > 0 ? interval : kCheckpointInterval;
}

bool WantsV2Checkpoints(const Protocol& protocol, const TableMetadata& metadata) {
  const std::string* policy = Find(metadata, "delta.checkpointPolicy");
  const auto& features = protocol.writer_features;
  return policy != nullptr && Lower(*policy) == "v2" &&
         std::find(features.begin(), features.end(), "v2Checkpoint") != features.end();
}

int64_t LogCompactionInterval(const TableMetadata& metadata) {
  return std::max<int64_t>(NumberProperty(metadata, "lakehouse.logCompactionInterval").value_or(0),
                           0);
}

}  // namespace lakehouse::storage::delta
