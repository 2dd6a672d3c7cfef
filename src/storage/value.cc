#include "storage/value.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>

#include "base/error.h"

namespace lakehouse::storage {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

template <typename Number>
std::weak_ordering Order(Number a, Number b) {
  return a < b   ? std::weak_ordering::less
         : a > b ? std::weak_ordering::greater
                 : std::weak_ordering::equivalent;
}

std::string DecimalText(Int128 unscaled, int scale) {
  const bool negative = unscaled < 0;
  std::string digits;
  // Digits are taken from the negative side, where every Int128 has a counterpart.
  Int128 rest = negative ? unscaled : -unscaled;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' - static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  while (static_cast<int>(digits.size()) <= scale) digits.insert(digits.begin(), '0');
  if (scale > 0) digits.insert(digits.size() - static_cast<size_t>(scale), ".");
  return (negative ? "-" : "") + digits;
}

std::optional<Int128> ParseDecimal(std::string_view text, int precision, int scale) {
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  Int128 value = 0;
  int fraction = -1, digits = 0, seen = 0;
  for (const char c : text) {
    if (c == '.' && fraction < 0) {
      fraction = 0;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    ++seen;
    if (fraction >= scale) {
      if (c != '0') return std::nullopt;
      continue;
    }
    if (fraction >= 0) ++fraction;
    if ((value != 0 || c != '0') && ++digits > precision) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  if (seen == 0) return std::nullopt;
  for (int i = fraction < 0 ? 0 : fraction; i < scale; ++i) {
    if (value != 0 && ++digits > precision) return std::nullopt;
    value *= 10;
  }
  return negative ? -value : value;
}

std::string DateText(int64_t day) {
  const year_month_day date{sys_days{days{day}}};
  char text[32];
  std::snprintf(text, sizeof(text), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text;
}

/// Takes `count` digits off the front.
bool TakeDigits(std::string_view& text, size_t count, int64_t& value) {
  if (text.size() < count) return false;
  value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}

bool Take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

bool TakeDate(std::string_view& text, int64_t& day) {
  int64_t year = 0, month = 0, month_day = 0;
  const bool negative = Take(text, '-');
  if (!TakeDigits(text, 4, year) || !Take(text, '-') || !TakeDigits(text, 2, month) ||
      !Take(text, '-') || !TakeDigits(text, 2, month_day)) {
    return false;
  }
  const year_month_day date{std::chrono::year{static_cast<int>(negative ? -year : year)},
                            std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(month_day)}};
  if (!date.ok()) return false;
  day = sys_days{date}.time_since_epoch().count();
  return true;
}

bool TakeFraction(std::string_view& text, int64_t& micros) {
  micros = 0;
  if (!Take(text, '.')) return true;
  int64_t place = kMicrosPerSecond / 10;
  size_t digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    micros += (text.front() - '0') * place;
    place /= 10;
    text.remove_prefix(1);
    ++digits;
  }
  return digits > 0;
}

/// Minutes east of UTC of "Z", "+02:00", "-0530" or nothing.
bool TakeOffset(std::string_view& text, int64_t& minutes) {
  minutes = 0;
  if (text.empty() || Take(text, 'Z')) return true;
  const bool negative = text.front() == '-';
  if (!Take(text, '+') && !Take(text, '-')) return false;
  int64_t hours = 0, rest = 0;
  if (!TakeDigits(text, 2, hours)) return false;
  Take(text, ':');
  if (!text.empty() && !TakeDigits(text, 2, rest)) return false;
  minutes = (hours * 60 + rest) * (negative ? -1 : 1);
  return true;
}

std::optional<int64_t> ParseTimestamp(std::string_view text) {
  int64_t day = 0, hour = 0, minute = 0, second = 0, micros = 0, offset = 0;
  if (!TakeDate(text, day)) return std::nullopt;
  if (!text.empty()) {
    if (!Take(text, ' ') && !Take(text, 'T')) return std::nullopt;
    if (!TakeDigits(text, 2, hour) || !Take(text, ':') || !TakeDigits(text, 2, minute)) {
      return std::nullopt;
    }
    if (Take(text, ':') && !TakeDigits(text, 2, second)) return std::nullopt;
    if (!TakeFraction(text, micros) || !TakeOffset(text, offset)) return std::nullopt;
  }
  if (!text.empty() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const int64_t seconds = hour * 3600 + (minute - offset) * 60 + second;
  return day * kMicrosPerDay + seconds * kMicrosPerSecond + micros;
}

std::string TimestampText(int64_t micros, bool utc) {
  const int64_t day = micros >= 0 ? micros / kMicrosPerDay : (micros + 1) / kMicrosPerDay - 1;
  const int64_t rest = micros - day * kMicrosPerDay;
  const int64_t seconds = rest / kMicrosPerSecond;
  char text[48];
  std::snprintf(text, sizeof(text), "%c%02ld:%02ld:%02ld.%06ld%s", utc ? 'T' : ' ', seconds / 3600,
                seconds / 60 % 60, seconds % 60, rest % kMicrosPerSecond, utc ? "Z" : "");
  return DateText(day) + text;
}

template <typename Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Value> Integer(std::string_view text, int64_t lowest, int64_t highest) {
  const auto value = ParseNumber<int64_t>(text);
  if (!value || *value < lowest || *value > highest) return std::nullopt;
  return Value{*value};
}

std::optional<Value> Floating(std::string_view text) {
  if (text == "NaN") return Value{std::nan("")};
  if (text == "Infinity") return Value{HUGE_VAL};
  if (text == "-Infinity") return Value{-HUGE_VAL};
  const auto value = ParseNumber<double>(text);
  return value ? std::optional<Value>(Value{*value}) : std::nullopt;
}

std::optional<Value> Parse(std::string_view text, const DataType& type) {
  switch (type.id()) {
    case TypeId::kBoolean:
      if (text != "true" && text != "false") return std::nullopt;
      return Value{text == "true"};
    case TypeId::kByte:
      return Integer(text, INT8_MIN, INT8_MAX);
    case TypeId::kShort:
      return Integer(text, INT16_MIN, INT16_MAX);
    case TypeId::kInteger:
      return Integer(text, INT32_MIN, INT32_MAX);
    case TypeId::kLong:
      return Integer(text, INT64_MIN, INT64_MAX);
    case TypeId::kFloat:
    case TypeId::kDouble:
      return Floating(text);
    case TypeId::kDecimal: {
      const auto value = ParseDecimal(text, type.precision(), type.scale());
      return value ? std::optional<Value>(Value{*value}) : std::nullopt;
    }
    case TypeId::kString:
    case TypeId::kBinary:
      return Value{std::string(text)};
    case TypeId::kDate: {
      int64_t day = 0;
      std::string_view rest = text;
      if (!TakeDate(rest, day) || !rest.empty()) return std::nullopt;
      return Value{day};
    }
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz: {
      const auto value = ParseTimestamp(text);
      return value ? std::optional<Value>(Value{*value}) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

std::string DoubleText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  char text[40];
  const auto end = std::to_chars(text, text + sizeof(text), value).ptr;
  return {text, end};
}

}  // namespace

std::weak_ordering Compare(const Value& a, const Value& b) {
  if (a.data.index() != b.data.index()) return Order(a.data.index(), b.data.index());
  if (const auto* x = std::get_if<bool>(&a.data)) return Order(*x, std::get<bool>(b.data));
  if (const auto* x = std::get_if<int64_t>(&a.data)) return Order(*x, std::get<int64_t>(b.data));
  if (const auto* x = std::get_if<Int128>(&a.data)) return Order(*x, std::get<Int128>(b.data));
  if (const auto* x = std::get_if<std::string>(&a.data)) {
    return *x <=> std::get<std::string>(b.data);
  }
  if (const auto* x = std::get_if<double>(&a.data)) {
    const double y = std::get<double>(b.data);
    if (std::isnan(*x) || std::isnan(y)) return Order(std::isnan(*x), std::isnan(y));
    return Order(*x, y);
  }
  return std::weak_ordering::equivalent;
}

std::string ToPartitionText(const Value& value, const DataType& type) {
  if (value.is_null()) return {};
  switch (type.id()) {
    case TypeId::kBoolean:
      return std::get<bool>(value.data) ? "true" : "false";
    case TypeId::kFloat:
    case TypeId::kDouble:
      return DoubleText(std::get<double>(value.data));
    case TypeId::kDecimal:
      return DecimalText(std::get<Int128>(value.data), type.scale());
    case TypeId::kString:
    case TypeId::kBinary:
      return std::get<std::string>(value.data);
    case TypeId::kDate:
      return DateText(std::get<int64_t>(value.data));
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      return TimestampText(std::get<int64_t>(value.data), type.id() == TypeId::kTimestamp);
    default:
      return std::to_string(std::get<int64_t>(value.data));
  }
}

Value FromPartitionText(std::string_view text, const DataType& type) {
  if (text.empty()) return {};
  if (auto value = Parse(text, type)) return *std::move(value);
  throw Error(
      ErrorKind::kCorruption, "LK-3503",
      "'" + std::string(text.substr(0, 100)) + "' is not a value of type " + type.ToString());
}

}  // namespace lakehouse::storage
