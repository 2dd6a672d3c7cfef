#include "query/engines/duckdb/dialect/variant_paths.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "base/error.h"
#include "query/engines/duckdb/dialect/literals.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

constexpr std::array<std::string_view, 6> kBeforeTables = {"FROM",   "JOIN",  "INTO",
                                                           "UPDATE", "TABLE", "USING"};
constexpr std::array<std::string_view, 13> kBeforeValues = {
    "SELECT", "WHERE",  "ON",     "GROUP",     "HAVING", "ORDER",   "QUALIFY",
    "SET",    "VALUES", "WINDOW", "RETURNING", "LIMIT",  "DISTINCT"};

template <size_t N>
bool IsOneOf(const Token& token, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return IsWord(token, word); });
}

bool IsName(const Token& token) {
  return token.kind == TokenKind::kWord || token.kind == TokenKind::kQuotedName ||
         token.kind == TokenKind::kBacktickName;
}

/// ['any name']
std::string QuotedStep(const std::string& name) {
  const std::string quote = name.find('\'') == std::string::npos ? "'" : "\"";
  return "[" + quote + name + quote + "]";
}

/// .name, or ['any name']
std::string NameStep(const std::string& name) {
  const bool plain = !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
                     std::all_of(name.begin(), name.end(), [](char c) {
                       return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
                     });
  return plain ? "." + name : QuotedStep(name);
}

class PathFinder {
 public:
  PathFinder(std::string_view sql, const std::vector<Token>& tokens, size_t first, size_t last)
      : sql_(sql), tokens_(tokens), first_(first), last_(last) {}

  std::multimap<size_t, VariantPath> Run() {
    levels_.push_back({});
    for (size_t i = first_; i < last_; ++i) {
      const Token& token = tokens_[i];
      if (IsOperator(token, '(') || IsOperator(token, '{')) {
        levels_.push_back({token.text[0], false});
      } else if (IsOperator(token, '[')) {
        levels_.push_back({i > first_ && EndsValue(i - 1) ? '[' : ' ', false});
      } else if (IsOperator(token, ')') || IsOperator(token, ']') || IsOperator(token, '}')) {
        if (levels_.size() > 1) levels_.pop_back();
      } else if (IsOneOf(token, kBeforeTables)) {
        levels_.back().tables = true;
      } else if (IsOneOf(token, kBeforeValues)) {
        levels_.back().tables = false;
      } else if (IsOperator(token, ':')) {
        Colon(i);
      }
    }
    return std::move(paths_);
  }

 private:
  /// What is open: a statement or list (' '), a subscript ([), parentheses, braces.
  struct Level {
    char kind = ' ';
    bool tables = false;  ///< the names that stand here are those of tables
  };

  const Token& At(size_t i) const { return i < last_ ? tokens_[i] : tokens_.back(); }
  bool Touches(size_t i) const { return tokens_[i - 1].end == tokens_[i].begin; }
  bool EndsValue(size_t i) const {
    const Token& token = tokens_[i];
    if (token.kind == TokenKind::kOperator) return IsOperator(token, ')') || IsOperator(token, ']');
    return IsName(token) && FollowsValue(tokens_, i + 1);
  }

  void Colon(size_t i) {
    if (i == first_ || i + 1 >= last_ || levels_.back().kind == '[' || levels_.back().tables ||
        !Touches(i) || !Touches(i + 1) || !EndsValue(i - 1)) {
      return;
    }
    const auto base = BaseOf(i);
    if (!base || IsKey(*base) || IsParameter(*base)) return;
    VariantPath path{i, i + 1, "$"};
    if (!First(path)) return;
    while (Next(path)) {
    }
    if (!IsOperator(At(path.end), '(')) paths_.emplace(*base, std::move(path));
  }

  /// Where the value before the colon begins: a name, a call, a group, with subscripts.
  std::optional<size_t> BaseOf(size_t colon) const {
    size_t i = colon - 1;
    while (IsOperator(tokens_[i], ']')) {
      const auto open = Opening(i);
      if (!open || *open == first_) return std::nullopt;
      i = *open - 1;
    }
    if (IsOperator(tokens_[i], ')')) {
      const auto open = Opening(i);
      if (!open) return std::nullopt;
      i = *open;
      if (i == first_ || !IsName(tokens_[i - 1]) || !FollowsValue(tokens_, i)) return i;
      --i;
    }
    if (!IsName(tokens_[i])) return std::nullopt;
    while (i >= first_ + 2 && IsOperator(tokens_[i - 1], '.') && IsName(tokens_[i - 2])) i -= 2;
    return i;
  }

  std::optional<size_t> Opening(size_t close) const {
    size_t depth = 0;
    for (size_t i = close + 1; i-- > first_;) {
      const Token& token = tokens_[i];
      if (IsOperator(token, ')') || IsOperator(token, ']') || IsOperator(token, '}')) ++depth;
      const bool opens = IsOperator(token, '(') || IsOperator(token, '[') || IsOperator(token, '{');
      if (opens && --depth == 0) return i;
    }
    return std::nullopt;
  }

  /// {a:b}, MAP {a:b, c:d}
  bool IsKey(size_t base) const {
    return levels_.back().kind == '{' && base > first_ &&
           (IsOperator(tokens_[base - 1], '{') || IsOperator(tokens_[base - 1], ','));
  }

  /// lambda a, b:a
  bool IsParameter(size_t base) const {
    size_t i = base;
    while (i >= first_ + 2 && IsOperator(tokens_[i - 1], ',') && IsName(tokens_[i - 2])) i -= 2;
    return i > first_ && IsWord(tokens_[i - 1], "LAMBDA");
  }

  bool First(VariantPath& path) const {
    const Token& token = At(path.end);
    if (IsOperator(token, '[')) return Bracket(path);
    if (!IsName(token)) return false;
    path.path += NameStep(token.text);
    ++path.end;
    return true;
  }

  bool Next(VariantPath& path) const {
    const Token& token = At(path.end);
    if (IsOperator(token, '[')) {
      if (Bracket(path)) return true;
      throw SyntaxError(sql_, token.begin, "a step is expected: a name, [0] or ['any name']");
    }
    if (!IsOperator(token, '.')) return false;
    if (!IsName(At(path.end + 1))) {
      throw SyntaxError(sql_, token.begin, "a name is expected behind this point");
    }
    path.path += NameStep(At(path.end + 1).text);
    path.end += 2;
    return true;
  }

  /// [0] or ['any name']
  bool Bracket(VariantPath& path) const {
    const Token& step = At(path.end + 1);
    if (!IsOperator(At(path.end + 2), ']')) return false;
    if (IsOperator(step, '*')) {
      throw Error(
          ErrorKind::kUnsupported, "LK-4012",
          "[*] in a path into a variant is not supported (at " + Position(sql_, step.begin) + ")",
          "variant_explode makes a row of each part; a cast to ARRAY<..> makes a list");
    }
    if (step.kind == TokenKind::kNumber &&
        step.text.find_first_not_of("0123456789") == std::string::npos) {
      path.path += "[" + step.text + "]";
    } else if ((step.kind == TokenKind::kString && step.plain) ||
               step.kind == TokenKind::kQuotedName) {
      path.path += QuotedStep(step.text);
    } else {
      return false;
    }
    path.end += 3;
    return true;
  }

  std::string_view sql_;
  const std::vector<Token>& tokens_;
  const size_t first_;
  const size_t last_;
  std::vector<Level> levels_;
  std::multimap<size_t, VariantPath> paths_;
};

}  // namespace

std::multimap<size_t, VariantPath> FindVariantPaths(std::string_view sql,
                                                    const std::vector<Token>& tokens, size_t first,
                                                    size_t last) {
  return PathFinder(sql, tokens, first, last).Run();
}

}  // namespace lakehouse::query::duckdb::dialect
