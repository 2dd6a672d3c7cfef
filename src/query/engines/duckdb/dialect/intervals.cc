// INTERVAL in the forms that Spark has beside DuckDB's.
#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "query/engines/duckdb/dialect/literals.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

constexpr std::array<std::string_view, 8> kUnits = {"YEAR", "MONTH",  "WEEK",   "DAY",
                                                    "HOUR", "MINUTE", "SECOND", "MILLISECOND"};
constexpr std::string_view kMicrosecond = "MICROSECOND";

/// From the larger to the smaller, with what separates each from the one before.
struct Part {
  std::string_view unit;
  char separator;
  int64_t most;  ///< unless it is the first
};
constexpr std::array<Part, 2> kMonths = {{{"YEAR", ' ', 0}, {"MONTH", '-', 11}}};
constexpr std::array<Part, 4> kTimes = {
    {{"DAY", ' ', 0}, {"HOUR", ' ', 23}, {"MINUTE", ':', 59}, {"SECOND", ':', 59}}};

bool IsUnit(const Token& token, std::string_view unit) {
  return IsWord(token, unit) || IsWord(token, std::string(unit) + "S");
}

/// The unit in the singular; empty for another token.
std::string_view UnitOf(const Token& token) {
  const auto* found = std::find_if(kUnits.begin(), kUnits.end(),
                                   [&](std::string_view unit) { return IsUnit(token, unit); });
  if (found != kUnits.end()) return *found;
  return IsUnit(token, kMicrosecond) ? kMicrosecond : std::string_view();
}

std::string Quantity(bool negative, const std::string& amount, std::string_view unit) {
  return (negative ? "-" : "") + amount + " " + std::string(unit) + " ";
}

class IntervalParser {
 public:
  IntervalParser(std::string_view sql, const std::vector<Token>& tokens, size_t first)
      : sql_(sql), tokens_(tokens), first_(first), at_(first + 1) {}

  /// The token after the interval; `first` when it is DuckDB's, too.
  size_t Run(std::string& out) {
    if (!Amount()) return first_;
    const bool signed_amount = IsOperator(At(at_ - 1), '-') || IsOperator(At(at_ - 1), '+');
    if (IsWord(At(at_ + 2), "TO")) return Range(out);
    std::string text;
    int pairs = 0;
    do {
      text += Pair();
      ++pairs;
    } while (Amount());
    if (pairs == 1 && !signed_amount) return first_;
    out += "INTERVAL '" + text.substr(0, text.size() - 1) + "'";
    return at_;
  }

 private:
  const Token& At(size_t i) const { return tokens_[std::min(i, tokens_.size() - 1)]; }

  /// Skips a sign. Is there a number or text at `at_` now, with a unit behind it?
  bool Amount() {
    size_t i = at_;
    const bool sign = IsOperator(At(i), '-') || IsOperator(At(i), '+');
    // Between two pairs a sign that stands alone adds and subtracts.
    if (sign && at_ > first_ + 1 && At(i).end != At(i + 1).begin) return false;
    if (sign) ++i;
    const auto& amount = At(i);
    const bool text = amount.kind == TokenKind::kString && amount.plain;
    if ((!text && amount.kind != TokenKind::kNumber) || UnitOf(At(i + 1)).empty()) return false;
    at_ = i;
    return true;
  }

  bool Negative() const { return IsOperator(At(at_ - 1), '-'); }

  [[noreturn]] void Refuse(const std::string& what) const {
    throw SyntaxError(sql_, At(at_).begin, what);
  }

  std::string Pair() {
    bool negative = Negative();
    std::string amount = At(at_).text;
    if (amount.starts_with('-') || amount.starts_with('+')) {
      negative = negative != amount.starts_with('-');
      amount.erase(0, 1);
    }
    const std::string_view unit = UnitOf(At(at_ + 1));
    const size_t point = amount.find('.');
    const bool fraction = point != std::string::npos;
    const bool number = !amount.empty() && std::count(amount.begin(), amount.end(), '.') <= 1 &&
                        amount.find_first_not_of("0123456789.") == std::string::npos &&
                        amount != ".";
    if (!number || (fraction && unit != "SECOND")) {
      Refuse("a whole number of " + std::string(unit) + "S is expected");
    }
    at_ += 2;
    return Quantity(negative, amount, unit);
  }

  /// 'text' unit TO unit
  size_t Range(std::string& out) {
    const auto& from = At(at_ + 1);
    const auto& to = At(at_ + 3);
    const std::string text = At(at_).text;
    std::optional<std::string> spelled;
    if (At(at_).kind == TokenKind::kString) {
      spelled = Parts(text, from, to, kMonths);
      if (!spelled) spelled = Parts(text, from, to, kTimes);
    }
    if (!spelled) {
      Refuse("this is no interval " + from.text + " TO " + to.text +
             ": write '1-2' YEAR TO MONTH, or '1 02:03:04.5' DAY TO SECOND and parts of it");
    }
    out += "INTERVAL '" + spelled->substr(0, spelled->size() - 1) + "'";
    return at_ + 4;
  }

  template <size_t N>
  std::optional<std::string> Parts(std::string_view text, const Token& from, const Token& to,
                                   const std::array<Part, N>& parts) {
    const auto place = [&](const Token& unit) {
      return std::find_if(parts.begin(), parts.end(),
                          [&](const Part& part) { return IsUnit(unit, part.unit); });
    };
    const auto* first = place(from);
    const auto* last = place(to);
    if (first == parts.end() || last == parts.end() || first >= last) return std::nullopt;
    bool negative = Negative();
    if (text.starts_with('-') || text.starts_with('+')) {
      negative = negative != text.starts_with('-');
      text.remove_prefix(1);
    }
    std::string spelled;
    for (const auto* part = first; part <= last; ++part) {
      if (part != first) {
        if (!text.starts_with(part->separator)) return std::nullopt;
        text.remove_prefix(1);
      }
      const size_t size = NumberAt(text, part->unit == "SECOND");
      const std::string amount(text.substr(0, size));
      if (size == 0 || (part != first && std::stod(amount) >= double(part->most + 1))) {
        return std::nullopt;
      }
      spelled += Quantity(negative, amount, part->unit);
      text.remove_prefix(size);
    }
    if (!text.empty()) return std::nullopt;
    return spelled;
  }

  /// Bytes of the number that `text` begins with: digits, of seconds with up to nine behind a
  /// point.
  static size_t NumberAt(std::string_view text, bool fraction) {
    constexpr size_t kMostDigits = 10;
    size_t size = std::min(text.find_first_not_of("0123456789"), text.size());
    if (size > kMostDigits) return 0;
    if (fraction && size > 0 && text.substr(size).starts_with('.')) {
      const size_t end = std::min(text.find_first_not_of("0123456789", size + 1), text.size());
      if (end - size > kMostDigits) return 0;
      size = end;
    }
    return size;
  }

  std::string_view sql_;
  const std::vector<Token>& tokens_;
  const size_t first_;
  size_t at_;
};

}  // namespace

size_t RespellInterval(std::string_view sql, const std::vector<Token>& tokens, size_t i,
                       std::string& out) {
  return IntervalParser(sql, tokens, i).Run(out);
}

}  // namespace lakehouse::query::duckdb::dialect
