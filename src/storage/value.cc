#include "storage/value.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "base/error.h"
#include "storage/time_zone.h"

namespace lakehouse::storage {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
constexpr int64_t kYearsPerCycle = 400;
constexpr int64_t kDaysPerCycle = 146'097;
constexpr size_t kMaxYearDigits = 7;  // days are 32 bits
constexpr int kMaxDecimalExponent = 100;
constexpr size_t kMaxDecimalDigits = 200;

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

/// Takes "E-10" off the end; Spark writes small decimals so ("0E-18").
bool TakeExponent(std::string_view& text, int& exponent) {
  exponent = 0;
  const size_t at = text.find_first_of("eE");
  if (at == std::string_view::npos) return true;
  std::string_view digits = text.substr(at + 1);
  if (!digits.empty() && digits.front() == '+') digits.remove_prefix(1);
  const auto [end, failure] =
      std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  text = text.substr(0, at);
  return failure == std::errc() && end == digits.data() + digits.size() &&
         std::abs(exponent) <= kMaxDecimalExponent;
}

std::optional<Int128> ParseDecimal(std::string_view text, int precision, int scale) {
  int exponent = 0;
  if (!TakeExponent(text, exponent)) return std::nullopt;
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  std::string digits;
  int fraction = -1;
  for (const char c : text) {
    if (c == '.' && fraction < 0) {
      fraction = 0;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    if (fraction >= 0) ++fraction;
    digits += c;
  }
  if (digits.empty() || digits.size() > kMaxDecimalDigits) return std::nullopt;
  // The unscaled value is `digits` shifted by this many places.
  const int shift = exponent - std::max(fraction, 0) + scale;
  for (int i = shift; i < 0; ++i) {
    if (!digits.empty() && digits.back() != '0') return std::nullopt;
    if (!digits.empty()) digits.pop_back();
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (!digits.empty() && shift > 0) digits.append(static_cast<size_t>(shift), '0');
  if (static_cast<int>(digits.size()) > precision) return std::nullopt;
  Int128 value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return negative ? -value : value;
}

struct CivilDate {
  int64_t year = 0;
  unsigned month = 1;
  unsigned day = 1;
};

/// The Gregorian calendar repeats every 400 years; only that part is left to <chrono>, whose years
/// end at 32,767 while days and microseconds of tables go further.
CivilDate ToCivil(int64_t day) {
  int64_t cycle = day / kDaysPerCycle;
  if (day % kDaysPerCycle < 0) --cycle;
  const year_month_day date{sys_days{days{day - cycle * kDaysPerCycle}}};
  return {cycle * kYearsPerCycle + static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day())};
}

std::optional<int64_t> FromCivil(const CivilDate& civil) {
  int64_t cycle = civil.year / kYearsPerCycle;
  if (civil.year % kYearsPerCycle < 0) --cycle;
  const auto year = static_cast<int>(civil.year - cycle * kYearsPerCycle);
  const year_month_day date{std::chrono::year{year}, std::chrono::month{civil.month},
                            std::chrono::day{civil.day}};
  if (!date.ok()) return std::nullopt;
  return sys_days{date}.time_since_epoch().count() + cycle * kDaysPerCycle;
}

/// ISO 8601: years of more than four digits have a sign.
std::string DateText(int64_t day) {
  const CivilDate date = ToCivil(day);
  char text[48];
  std::snprintf(text, sizeof(text), "%s%04ld-%02u-%02u",
                date.year < 0      ? "-"
                : date.year > 9999 ? "+"
                                   : "",
                std::abs(date.year), date.month, date.day);
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
  const bool negative = Take(text, '-');
  if (!negative) Take(text, '+');
  size_t year_digits = 0;
  while (year_digits < text.size() && text[year_digits] >= '0' && text[year_digits] <= '9') {
    ++year_digits;
  }
  int64_t year = 0, month = 0, month_day = 0;
  if (year_digits < 4 || year_digits > kMaxYearDigits || !TakeDigits(text, year_digits, year) ||
      !Take(text, '-') || !TakeDigits(text, 2, month) || !Take(text, '-') ||
      !TakeDigits(text, 2, month_day)) {
    return false;
  }
  const auto found = FromCivil(
      {negative ? -year : year, static_cast<unsigned>(month), static_cast<unsigned>(month_day)});
  day = found.value_or(0);
  return found.has_value();
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
  const Int128 total =
      static_cast<Int128>(day) * kMicrosPerDay + seconds * kMicrosPerSecond + micros;
  if (total < INT64_MIN || total > INT64_MAX) return std::nullopt;
  return static_cast<int64_t>(total);
}

/// Does the text of a timestamp say its zone?
bool HasOffset(std::string_view text) {
  const size_t time = text.find_first_of("T ");
  return time != std::string_view::npos &&
         text.find_first_of("Z+-", time) != std::string_view::npos;
}

std::string TimestampText(int64_t micros, bool utc) {
  int64_t rest = micros % kMicrosPerDay;
  const int64_t day = micros / kMicrosPerDay - (rest < 0 ? 1 : 0);
  if (rest < 0) rest += kMicrosPerDay;
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

template <typename Float>
std::optional<Value> Floating(std::string_view text) {
  if (text == "NaN") return Value{std::nan("")};
  if (text == "Infinity") return Value{HUGE_VAL};
  if (text == "-Infinity") return Value{-HUGE_VAL};
  const auto value = ParseNumber<Float>(text);
  return value ? std::optional<Value>(Value{static_cast<double>(*value)}) : std::nullopt;
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
      return Floating<float>(text);
    case TypeId::kDouble:
      return Floating<double>(text);
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
      if (day < INT32_MIN || day > INT32_MAX) return std::nullopt;
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

template <typename Float>
std::string FloatText(Float value) {
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
      return FloatText(static_cast<float>(std::get<double>(value.data)));
    case TypeId::kDouble:
      return FloatText(std::get<double>(value.data));
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

Value FromPartitionText(std::string_view text, const DataType& type, const std::string& zone) {
  if (text.empty()) return {};
  if (auto value = Parse(text, type)) {
    if (type.id() == TypeId::kTimestamp && !HasOffset(text)) {
      return Value{InstantOf(std::get<int64_t>(value->data), zone)};
    }
    return *std::move(value);
  }
  throw Error(
      ErrorKind::kCorruption, "LK-3503",
      "'" + std::string(text.substr(0, 100)) + "' is not a value of type " + type.ToString());
}

}  // namespace lakehouse::storage
