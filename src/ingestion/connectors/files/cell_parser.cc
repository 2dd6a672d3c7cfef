#include "ingestion/connectors/files/cell_parser.h"

#include <charconv>
#include <chrono>
#include <limits>
#include <string>

namespace lakehouse::ingestion::connectors::files {

namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;

/// Takes `count` digits from the front of `text`.
bool TakeDigits(std::string_view& text, size_t count, int* value) {
  if (text.size() < count) return false;
  *value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    *value = *value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}

bool TakeChar(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

bool TakeDate(std::string_view& text, int32_t* days) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (!TakeDigits(text, 4, &year) || !TakeChar(text, '-') || !TakeDigits(text, 2, &month) ||
      !TakeChar(text, '-') || !TakeDigits(text, 2, &day)) {
    return false;
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return false;
  *days = static_cast<int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
  return true;
}

/// ".123456": at most six digits that count; further ones must be zero.
bool TakeFraction(std::string_view& text, int64_t* micros) {
  *micros = 0;
  if (!TakeChar(text, '.')) return true;
  int64_t scale = kMicrosPerSecond / 10;
  size_t digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    const int digit = text.front() - '0';
    if (scale == 0 && digit != 0) return false;
    *micros += digit * scale;
    scale /= 10;
    ++digits;
    text.remove_prefix(1);
  }
  return digits > 0;
}

bool TakeTime(std::string_view& text, int64_t* micros) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  int64_t fraction = 0;
  if (!TakeDigits(text, 2, &hour) || !TakeChar(text, ':') || !TakeDigits(text, 2, &minute)) {
    return false;
  }
  if (TakeChar(text, ':')) {
    if (!TakeDigits(text, 2, &second) || !TakeFraction(text, &fraction)) return false;
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  *micros = ((hour * 60 + minute) * 60 + second) * kMicrosPerSecond + fraction;
  return true;
}

/// The zone at the end of a timestamp: its distance from UTC.
bool TakeZone(std::string_view& text, int64_t* micros) {
  *micros = 0;
  if (TakeChar(text, 'Z')) return true;
  int sign = 0;
  if (TakeChar(text, '+')) sign = 1;
  if (sign == 0 && TakeChar(text, '-')) sign = -1;
  int hour = 0;
  int minute = 0;
  if (sign == 0 || !TakeDigits(text, 2, &hour)) return false;
  TakeChar(text, ':');
  if (!text.empty() && !TakeDigits(text, 2, &minute)) return false;
  if (hour > 18 || minute > 59) return false;
  *micros = sign * (hour * 60 + minute) * 60 * kMicrosPerSecond;
  return true;
}

bool EqualsFolded(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

}  // namespace

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool ParseBigint(std::string_view text, int64_t* value) {
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '-') return false;
  }
  const char* const end = text.data() + text.size();
  auto [at, problem] = std::from_chars(text.data(), end, *value);
  return problem == std::errc() && at == end && !text.empty();
}

bool ParseDouble(std::string_view text, double* value) {
  const bool negative = !text.empty() && text.front() == '-';
  const std::string_view word =
      negative || (!text.empty() && text.front() == '+') ? text.substr(1) : text;
  if (EqualsFolded(text, "nan")) {
    *value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  if (EqualsFolded(word, "infinity") || EqualsFolded(word, "inf")) {
    *value = negative ? -std::numeric_limits<double>::infinity()
                      : std::numeric_limits<double>::infinity();
    return true;
  }
  if (word.empty() || (word.front() != '.' && (word.front() < '0' || word.front() > '9'))) {
    return false;
  }
  const char* const end = word.data() + word.size();
  auto [at, problem] = std::from_chars(word.data(), end, *value);
  if (negative) *value = -*value;
  return problem == std::errc() && at == end;
}

bool ParseBoolean(std::string_view text, bool* value) {
  for (const std::string_view yes : {"true", "t", "yes", "1"}) {
    if (EqualsFolded(text, yes)) {
      *value = true;
      return true;
    }
  }
  for (const std::string_view no : {"false", "f", "no", "0"}) {
    if (EqualsFolded(text, no)) {
      *value = false;
      return true;
    }
  }
  return false;
}

bool ParseDate(std::string_view text, int32_t* days) {
  return TakeDate(text, days) && text.empty();
}

bool ParseTimestamp(std::string_view text, int64_t* micros, bool* zoned) {
  int32_t days = 0;
  int64_t time = 0;
  int64_t offset = 0;
  *zoned = false;
  if (!TakeDate(text, &days)) return false;
  if (!text.empty()) {
    if (!TakeChar(text, 'T') && !TakeChar(text, ' ')) return false;
    if (!TakeTime(text, &time)) return false;
    if (!text.empty()) {
      if (!TakeZone(text, &offset)) return false;
      *zoned = true;
    }
  }
  *micros = int64_t{days} * 86'400 * kMicrosPerSecond + time - offset;
  return text.empty();
}

}  // namespace lakehouse::ingestion::connectors::files
