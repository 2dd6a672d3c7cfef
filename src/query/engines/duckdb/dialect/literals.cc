#include "query/engines/duckdb/dialect/literals.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>

namespace lakehouse::query::duckdb::dialect {
namespace {

constexpr int kMaxDecimalDigits = 38;

// After these words a value begins.
constexpr std::array<std::string_view, 26> kBeforeValue = {
    "SELECT", "DISTINCT", "ALL",   "BY",   "WHERE",   "AND", "OR",     "ON",       "HAVING",
    "CASE",   "WHEN",     "THEN",  "ELSE", "NOT",     "IN",  "LIKE",   "BETWEEN",  "SET",
    "VALUES", "LIMIT",    "USING", "AS",   "QUALIFY", "IS",  "OFFSET", "RETURNING"};

/// A suffix of whole numbers.
struct Whole {
  std::string_view suffix, type;
  uint64_t most;  ///< below zero one more
};
constexpr std::array<Whole, 3> kWholes = {{{"L", "BIGINT", std::numeric_limits<int64_t>::max()},
                                           {"S", "SMALLINT", std::numeric_limits<int16_t>::max()},
                                           {"Y", "TINYINT", std::numeric_limits<int8_t>::max()}}};

bool Adjoins(const std::vector<Token>& tokens, size_t i) {
  return i > 0 && tokens[i - 1].end == tokens[i].begin;
}

std::string WithoutSeparators(std::string text) {
  std::erase(text, '_');
  return text;
}

std::string Cast(const std::string& text, std::string_view type) {
  return "CAST('" + text + "' AS " + std::string(type) + ")";
}

/// The number at `i`, whose suffix is the token after it.
class NumberLiteral {
 public:
  NumberLiteral(std::string_view sql, const std::vector<Token>& tokens, size_t i)
      : sql_(sql),
        number_(tokens[i]),
        suffix_(tokens[i + 1]),
        digits_(WithoutSeparators(tokens[i].text)) {}

  /// Nothing for another word than a suffix. `minus`: it stands behind one.
  std::string Spell(bool minus) const {
    for (const Whole& whole : kWholes) {
      if (IsWord(suffix_, whole.suffix)) return OfWhole(whole, minus);
    }
    if (IsWord(suffix_, "D")) return Cast(digits_, "DOUBLE");
    if (IsWord(suffix_, "F")) return Cast(digits_, "FLOAT");
    return IsWord(suffix_, "BD") ? OfDecimal() : "";
  }

 private:
  [[noreturn]] void Refuse(const std::string& why) const {
    throw SyntaxError(sql_, number_.begin, number_.text + suffix_.text + " " + why);
  }

  std::string OfWhole(const Whole& whole, bool minus) const {
    if (!std::all_of(digits_.begin(), digits_.end(), [](char c) { return std::isdigit(c) != 0; })) {
      Refuse("is no whole number, which the suffix " + suffix_.text + " asks for");
    }
    uint64_t value = 0;
    const auto failed =
        std::from_chars(digits_.data(), digits_.data() + digits_.size(), value).ec != std::errc();
    if (failed || value > whole.most + (minus ? 1 : 0)) {
      Refuse("does not fit a " + std::string(whole.type));
    }
    return Cast((minus ? "-" : "") + digits_, whole.type);
  }

  std::string OfDecimal() const {
    const size_t e = digits_.find_first_of("eE");
    int scale = 0;
    if (e != std::string::npos) {
      const char* begin = digits_.data() + e + (digits_[e + 1] == '+' ? 2 : 1);
      int exponent = 0;
      if (std::from_chars(begin, digits_.data() + digits_.size(), exponent).ec != std::errc() ||
          std::abs(exponent) > 2 * kMaxDecimalDigits) {
        Refuse("does not fit a DECIMAL");
      }
      scale = -exponent;
    }
    const std::string mantissa = digits_.substr(0, e);
    int precision = 0;
    bool fraction = false;
    for (const char c : mantissa) {
      if (c == '.') {
        fraction = true;
        continue;
      }
      if (fraction) ++scale;
      if (precision > 0 || c != '0') ++precision;
    }
    if (scale < 0) precision -= scale;
    scale = std::max(scale, 0);
    precision = std::max({precision, scale, 1});
    if (precision > kMaxDecimalDigits) {
      Refuse("has more than " + std::to_string(kMaxDecimalDigits) + " digits");
    }
    return Cast(digits_,
                "DECIMAL(" + std::to_string(precision) + "," + std::to_string(scale) + ")");
  }

  std::string_view sql_;
  const Token& number_;
  const Token& suffix_;
  const std::string digits_;
};

/// X'1F'
std::string Bytes(std::string_view sql, const Token& text) {
  const std::string digits = (text.text.size() % 2 == 1 ? "0" : "") + text.text;
  std::string bytes;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (std::isxdigit(static_cast<unsigned char>(digits[i])) == 0) {
      throw SyntaxError(sql, text.begin, "X'" + text.text + "' has other than hexadecimal digits");
    }
    if (i % 2 == 0) bytes += "\\x";
    bytes += digits[i];
  }
  return Cast(bytes, "BLOB");
}

}  // namespace

bool FollowsValue(const std::vector<Token>& tokens, size_t i) {
  if (i == 0) return false;
  const Token& before = tokens[i - 1];
  if (before.kind == TokenKind::kOperator) {
    return IsOperator(before, ')') || IsOperator(before, ']') || IsOperator(before, '?');
  }
  return std::none_of(kBeforeValue.begin(), kBeforeValue.end(),
                      [&](std::string_view word) { return IsWord(before, word); });
}

size_t RespellLiteral(std::string_view sql, const std::vector<Token>& tokens, size_t i,
                      std::string& out) {
  const bool minus = IsOperator(tokens[i], '-') && !FollowsValue(tokens, i);
  const size_t number = minus ? i + 1 : i;
  if (tokens[number].kind == TokenKind::kNumber) {
    const bool named = number > 0 && Adjoins(tokens, number) &&
                       (IsOperator(tokens[number - 1], '$') || IsOperator(tokens[number - 1], '.'));
    if (named || tokens[number + 1].kind != TokenKind::kWord || !Adjoins(tokens, number + 1)) {
      return i;
    }
    const std::string spelled = NumberLiteral(sql, tokens, number).Spell(minus);
    if (spelled.empty()) return i;
    const bool negated = spelled.starts_with("CAST('-");
    out += (minus && !negated ? "-" : "") + spelled;
    return number + 2;
  }
  const Token& token = tokens[i];
  if (IsWord(token, "INTERVAL")) return RespellInterval(sql, tokens, i, out);
  const Token& text = tokens[std::min(i + 1, tokens.size() - 1)];
  if (token.kind != TokenKind::kWord || text.kind != TokenKind::kString || !text.plain) return i;
  if (IsWord(token, "X") && Adjoins(tokens, i + 1)) {
    out += Bytes(sql, text);
    return i + 2;
  }
  if (IsWord(token, "TIMESTAMP_NTZ")) {
    out += "TIMESTAMP";
    return i + 1;
  }
  if (IsWord(token, "TIMESTAMP_LTZ")) {
    out += "TIMESTAMPTZ";
    return i + 1;
  }
  return i;
}

}  // namespace lakehouse::query::duckdb::dialect
