#include "base/config_value.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/suggest.h"

namespace lakehouse {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

/// A number and its unit: "1.5 GiB" -> 1.5, "gib".
std::optional<int64_t> ParseWithUnit(std::string_view text,
                                     const std::map<std::string, double>& units) {
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || !std::isfinite(number) || number < 0) return std::nullopt;
  std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  const auto found = units.find(Lower(unit));
  if (found == units.end()) return std::nullopt;
  const double value = number * found->second;
  if (value > 9e18) return std::nullopt;
  return static_cast<int64_t>(std::llround(value));
}

bool HasType(SettingType type, const std::string& text) {
  switch (type) {
    case SettingType::kInteger:
      return ParseInteger(text).has_value();
    case SettingType::kDouble:
      return ParseDouble(text).has_value();
    case SettingType::kBoolean:
      return ParseBoolean(text).has_value();
    case SettingType::kBytes:
      return ParseBytes(text).has_value();
    case SettingType::kDurationMs:
      return ParseDurationMs(text).has_value();
    default:
      return true;
  }
}

std::string_view Describe(SettingType type) {
  switch (type) {
    case SettingType::kInteger:
      return "a whole number";
    case SettingType::kDouble:
      return "a number";
    case SettingType::kBoolean:
      return "true or false";
    case SettingType::kBytes:
      return "a size such as 512MiB or 8g";
    case SettingType::kDurationMs:
      return "a duration such as 500ms, 30s, 10m, 2h or 7d";
    default:
      return "a text";
  }
}

}  // namespace

std::optional<int64_t> ParseInteger(std::string_view text) {
  int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> ParseDouble(std::string_view text) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<bool> ParseBoolean(std::string_view text) {
  const std::string lower = Lower(text);
  if (lower == "true" || lower == "yes" || lower == "on" || lower == "1") return true;
  if (lower == "false" || lower == "no" || lower == "off" || lower == "0") return false;
  return std::nullopt;
}

std::optional<int64_t> ParseBytes(std::string_view text) {
  constexpr double kKi = 1024;
  static const std::map<std::string, double> units = {{"", 1},
                                                      {"b", 1},
                                                      {"k", kKi},
                                                      {"kib", kKi},
                                                      {"kb", 1e3},
                                                      {"m", kKi * kKi},
                                                      {"mib", kKi * kKi},
                                                      {"mb", 1e6},
                                                      {"g", kKi * kKi * kKi},
                                                      {"gib", kKi * kKi * kKi},
                                                      {"gb", 1e9},
                                                      {"t", kKi * kKi * kKi * kKi},
                                                      {"tib", kKi * kKi * kKi * kKi},
                                                      {"tb", 1e12}};
  return ParseWithUnit(text, units);
}

std::optional<int64_t> ParseDurationMs(std::string_view text) {
  static const std::map<std::string, double> units = {
      {"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}, {"d", 8.64e7}};
  return ParseWithUnit(text, units);
}

std::vector<std::string> ParseList(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string_view item = text.substr(0, comma);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (!item.empty()) items.emplace_back(item);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return items;
}

void CheckValue(const Setting& setting, const std::string& text, const std::string& origin) {
  if (text.empty() && setting.optional) return;
  const std::string shown = setting.secret ? "********" : "'" + text + "'";
  if (!HasType(setting.type, text)) {
    throw Error(ErrorKind::kInvalidArgument, "LK-1002",
                setting.key + " is " + shown + " (" + origin + "), which is not " +
                    std::string(Describe(setting.type)),
                setting.documentation);
  }
  const auto fail = [&](const std::string& why, const std::string& hint) {
    return Error(ErrorKind::kInvalidArgument, "LK-1003",
                 setting.key + " is " + shown + " (" + origin + "): " + why, hint);
  };
  if (!setting.choices.empty() &&
      std::find(setting.choices.begin(), setting.choices.end(), text) == setting.choices.end()) {
    std::string list;
    for (const std::string& choice : setting.choices) list += (list.empty() ? "" : ", ") + choice;
    throw fail("not one of " + list, DidYouMean(text, setting.choices));
  }
  if (setting.minimum == setting.maximum) return;
  const double number = ParseDouble(text).value_or(0);
  if (number < setting.minimum || number > setting.maximum) {
    throw fail("not between " + std::to_string(static_cast<int64_t>(setting.minimum)) + " and " +
                   std::to_string(static_cast<int64_t>(setting.maximum)),
               setting.documentation);
  }
}

}  // namespace lakehouse
