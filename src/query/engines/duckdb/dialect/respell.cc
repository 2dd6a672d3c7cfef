#include "query/engines/duckdb/dialect/respell.h"

#include <algorithm>
#include <array>
#include <optional>

#include "query/engines/duckdb/dialect/cast_types.h"
#include "query/engines/duckdb/dialect/lateral_views.h"
#include "query/engines/duckdb/dialect/literals.h"
#include "query/engines/duckdb/dialect/struct_calls.h"
#include "query/engines/duckdb/dialect/variant_paths.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

// After these a word VERSION or TIMESTAMP is an expression, not the end of a table's name.
constexpr std::array<std::string_view, 30> kNoTableBefore = {
    "SELECT", "DISTINCT", "ALL",   "BY",  "WHERE", "AND", "OR",        "ON",   "HAVING", "CASE",
    "WHEN",   "THEN",     "ELSE",  "NOT", "LIKE",  "IN",  "BETWEEN",   "SET",  "FROM",   "JOIN",
    "USING",  "VALUES",   "LIMIT", "IS",  "AS",    "FOR", "RETURNING", "INTO", "OFFSET", "UPDATE"};

// A word that ends the expression after TIMESTAMP AS OF.
constexpr std::array<std::string_view, 28> kEndsExpression = {
    "WHERE",  "GROUP",   "ORDER", "HAVING", "LIMIT",       "OFFSET",  "JOIN",
    "INNER",  "LEFT",    "RIGHT", "FULL",   "CROSS",       "NATURAL", "SEMI",
    "ANTI",   "ASOF",    "ON",    "USING",  "UNION",       "EXCEPT",  "INTERSECT",
    "WINDOW", "QUALIFY", "FETCH", "AS",     "TABLESAMPLE", "LATERAL", "POSITIONAL"};

constexpr int kMaxTimeTravelDepth = 100;

template <size_t N>
bool IsOneOf(const Token& token, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return IsWord(token, word); });
}

class Respeller {
 public:
  Respeller(std::string_view sql, const std::vector<Token>& tokens, size_t first, size_t last)
      : sql_(sql),
        tokens_(tokens),
        last_(last),
        paths_(FindVariantPaths(sql, tokens, first, last)),
        types_(FindCastTypes(sql, tokens, first, last)),
        structs_(FindStructCalls(tokens, first, last)) {}

  std::string Run(size_t first, size_t last) {
    if (first >= last) return "";
    if (++depth_ > kMaxTimeTravelDepth) {
      throw SyntaxError(sql_, tokens_[first].begin,
                        "time travel clauses, structs or views nested too deep");
    }
    std::string out;
    size_t copied = tokens_[first].begin;
    for (size_t i = first; i < last;) {
      const Token& token = tokens_[i];
      out += sql_.substr(copied, token.begin - copied);
      const size_t next = One(first, i, last, out);
      copied = tokens_[next - 1].end;
      i = next;
    }
    --depth_;
    return out;
  }

 private:
  const Token& At(size_t i) const { return i < last_ ? tokens_[i] : tokens_.back(); }

  /// Writes what stands at `i` and returns the token after it.
  size_t One(size_t first, size_t i, size_t last, std::string& out) {
    const Token& token = tokens_[i];
    if (i > first) {
      if (const size_t next = TimeTravel(i, out); next > i) return next;
    }
    if (const size_t next = Path(i, last, out); next > i) return next;
    if (const auto type = types_.find(i); type != types_.end()) {
      out += type->second.spelled;
      return type->second.end;
    }
    if (const size_t next = RespellLiteral(sql_, tokens_, i, out); next > i) return next;
    if (const auto call = structs_.find(i); call != structs_.end()) {
      return Struct(i, call->second, out);
    }
    if (const size_t next = View(i, out); next > i) return next;
    if (const auto word = OtherWord(i)) {
      out += *word;
      return i + 1;
    }
    if (token.kind == TokenKind::kBacktickName) {
      if (token.text.empty()) throw SyntaxError(sql_, token.begin, "an empty name");
      out += QuoteName(token.text);
    } else if (IsWord(token, "AT") && !IsAtClause(i)) {
      out += QuoteName(token.text);  // a name, which the engine's grammar reserves
    } else if (IsDeltaPath(first, i)) {
      out += "lake_path";
    } else if (i == 1 && IsWord(tokens_[0], "USE") && NamesSchema(i)) {
      return i + 1;
    } else if (IsNullSafeEqual(i)) {
      out += "IS NOT DISTINCT FROM";
      return i + 3;
    } else if (IsWord(token, "CURRENT_TIMESTAMP") && IsOperator(At(i + 1), '(') &&
               IsOperator(At(i + 2), ')')) {
      out += token.text;
      return i + 3;
    } else {
      out += sql_.substr(token.begin, token.end - token.begin);
    }
    return i + 1;
  }

  /// A word that DuckDB has another one for.
  std::optional<std::string_view> OtherWord(size_t i) const {
    const Token& token = At(i);
    const Token& next = At(i + 1);
    const bool called = IsOperator(next, '(') && (i == 0 || !IsOperator(tokens_[i - 1], '.'));
    if (token.kind != TokenKind::kWord) return std::nullopt;
    if (IsWord(token, "DATABASE") && i == 1 && IsWord(tokens_[0], "DROP")) return "SCHEMA";
    if (IsWord(token, "ARRAY") && called && !IsQuery(i + 2)) return "list_value";
    if (IsWord(token, "EXPLODE") && called) return "unnest";
    if (IsDivision(i)) return "//";
    if (i == 1 && IsWord(tokens_[0], "EXPLAIN") &&
        (IsWord(token, "EXTENDED") || IsWord(token, "FORMATTED"))) {
      return "";
    }
    const bool star = i > 0 && IsOperator(tokens_[i - 1], '*');
    if (IsWord(token, "EXCEPT") && called && star && !IsQuery(i + 2)) return "EXCLUDE";
    if (IsWord(token, "MINUS") && (IsWord(next, "ALL") || IsQuery(i + 1)) &&
        FollowsValue(tokens_, i)) {
      return "EXCEPT";
    }
    // LEFT SEMI JOIN, LEFT ANTI JOIN
    const bool half = IsWord(next, "SEMI") || IsWord(next, "ANTI");
    if (IsWord(token, "LEFT") && half && IsWord(At(i + 2), "JOIN")) return "";
    return std::nullopt;
  }

  /// struct(a, b AS c) as struct_pack(a := a, c := b); what stands between the arguments stays.
  size_t Struct(size_t i, const StructCall& call, std::string& out) {
    out += "struct_pack";
    size_t copied = tokens_[i].end;
    size_t next = i + 1;
    for (const auto& argument : call.arguments) {
      out += sql_.substr(copied, tokens_[argument.first].begin - copied);
      if (!argument.name.empty()) out += QuoteName(argument.name) + " := ";
      out += Run(argument.first, argument.last);
      copied = tokens_[argument.end - 1].end;
      next = argument.end;
    }
    out += sql_.substr(copied, tokens_[next - 1].end - copied);
    return next;
  }

  size_t View(size_t i, std::string& out) {
    const auto view = ParseLateralView(sql_, tokens_, i);
    if (!view) return i;
    std::vector<std::string> arguments;
    for (const auto& [first, last] : view->arguments) arguments.push_back(Run(first, last));
    out += JoinOf(sql_, tokens_, *view, arguments);
    return view->end;
  }

  /// The longest path into a variant whose base begins at `i` and that ends before `last`.
  size_t Path(size_t i, size_t last, std::string& out) {
    const VariantPath* longest = nullptr;
    const auto [begin, end] = paths_.equal_range(i);
    for (auto path = begin; path != end; ++path) {
      if (path->second.end <= last && (!longest || path->second.end > longest->end)) {
        longest = &path->second;
      }
    }
    if (!longest) return i;
    std::string path = longest->path;
    for (size_t at = 0; (at = path.find('\'', at)) != std::string::npos; at += 2) {
      path.insert(at, 1, '\'');
    }
    out += "variant_get(" + Run(i, longest->colon) + ", '" + path + "')";
    return longest->end;
  }

  /// AT (VERSION => ..), AT (TIMESTAMP => ..) or AT TIME ZONE.
  bool IsAtClause(size_t i) const {
    if (IsWord(At(i + 1), "TIME")) return IsWord(At(i + 2), "ZONE");
    return IsOperator(At(i + 1), '(') &&
           (IsWord(At(i + 2), "VERSION") || IsWord(At(i + 2), "TIMESTAMP")) &&
           IsOperator(At(i + 3), '=');
  }

  /// USE SCHEMA name, USE DATABASE name, USE CATALOG name
  bool NamesSchema(size_t i) const {
    return (IsWord(At(i), "SCHEMA") || IsWord(At(i), "DATABASE") || IsWord(At(i), "CATALOG")) &&
           At(i + 1).kind != TokenKind::kEnd && At(i + 1).kind != TokenKind::kOperator;
  }

  bool IsQuery(size_t i) const {
    return IsWord(At(i), "SELECT") || IsWord(At(i), "WITH") || IsWord(At(i), "FROM") ||
           IsWord(At(i), "VALUES") || IsOperator(At(i), '(');
  }

  /// <=>
  bool IsNullSafeEqual(size_t i) const {
    return IsOperator(At(i), '<') && IsOperator(At(i + 1), '=') && IsOperator(At(i + 2), '>') &&
           At(i + 2).end == At(i).begin + 3;
  }

  /// The word DIV between two values.
  bool IsDivision(size_t i) const {
    const Token& next = At(i + 1);
    const bool value = next.kind == TokenKind::kNumber || IsOperator(next, '(') ||
                       next.kind == TokenKind::kQuotedName ||
                       next.kind == TokenKind::kBacktickName ||
                       (next.kind == TokenKind::kWord && !IsOneOf(next, kEndsExpression) &&
                        !IsOneOf(next, kNoTableBefore));
    return IsWord(At(i), "DIV") && value && FollowsValue(tokens_, i);
  }

  bool IsDeltaPath(size_t first, size_t i) const {
    return IsWord(tokens_[i], "DELTA") && IsOperator(At(i + 1), '.') &&
           At(i + 2).kind == TokenKind::kBacktickName && !IsOperator(At(i + 3), '.') &&
           (i == first || !IsOperator(tokens_[i - 1], '.'));
  }

  /// [FOR] VERSION|SYSTEM_VERSION|TIMESTAMP|SYSTEM_TIME AS OF value, behind a table's name.
  size_t TimeTravel(size_t i, std::string& out) {
    const Token& before = tokens_[i - 1];
    const bool table_before = before.kind == TokenKind::kBacktickName ||
                              before.kind == TokenKind::kQuotedName ||
                              (before.kind == TokenKind::kWord && !IsOneOf(before, kNoTableBefore));
    const size_t word = IsWord(tokens_[i], "FOR") ? i + 1 : i;
    const bool version = IsWord(At(word), "VERSION") || IsWord(At(word), "SYSTEM_VERSION");
    const bool time = IsWord(At(word), "TIMESTAMP") || IsWord(At(word), "SYSTEM_TIME");
    if (!table_before || !(version || time) || !IsWord(At(word + 1), "AS") ||
        !IsWord(At(word + 2), "OF")) {
      return i;
    }
    std::string clause;
    const size_t end = version ? Version(word + 3, clause) : Timestamp(word + 3, clause);
    const size_t next = Alias(end, out);
    out += clause;
    return next;
  }

  /// [AS] name [(columns)] behind the clause: DuckDB wants it before.
  size_t Alias(size_t i, std::string& out) {
    const size_t name = IsWord(At(i), "AS") ? i + 1 : i;
    const Token& token = At(name);
    const bool word = token.kind == TokenKind::kWord && !IsOneOf(token, kEndsExpression) &&
                      !IsOneOf(token, kNoTableBefore);
    const bool quoted =
        token.kind == TokenKind::kQuotedName || token.kind == TokenKind::kBacktickName;
    if (!word && !quoted) return i;
    const size_t end = IsOperator(At(name + 1), '(') ? Group(name + 1) : name + 1;
    out += "AS " + Run(name, end) + " ";
    return end;
  }

  size_t Version(size_t value, std::string& out) {
    const Token& token = At(value);
    const bool text = token.kind == TokenKind::kString && token.plain && !token.text.empty() &&
                      token.text.find_first_not_of("0123456789") == std::string::npos;
    if (text) {
      out += "AT (VERSION => " + token.text + ")";
      return value + 1;
    }
    if (token.kind == TokenKind::kNumber) {
      out += "AT (VERSION => " + token.text + ")";
      return value + 1;
    }
    if (!IsOperator(token, '?') && !IsOperator(token, '$') && !IsOperator(token, '(')) {
      throw SyntaxError(sql_, token.begin, "a version number is expected after VERSION AS OF");
    }
    const size_t end = Primary(value);
    out += "AT (VERSION => " + Run(value, end) + ")";
    return end;
  }

  size_t Timestamp(size_t value, std::string& out) {
    const size_t end = ExpressionEnd(value);
    const bool single_text = end == value + 1 && At(value).kind == TokenKind::kString;
    out += std::string("AT (TIMESTAMP => ") + (single_text ? "TIMESTAMP " : "");
    out += Run(value, end) + ")";
    return end;
  }

  /// primary (operator primary)*; a word that follows is the table's alias or the next clause.
  size_t ExpressionEnd(size_t i) const {
    i = Primary(i);
    while (At(i).kind == TokenKind::kOperator &&
           std::string_view("+-*/|:").find(At(i).text[0]) != std::string_view::npos) {
      while (At(i).kind == TokenKind::kOperator &&
             std::string_view("+-*/|:").find(At(i).text[0]) != std::string_view::npos) {
        ++i;
      }
      i = Primary(i);
    }
    return i;
  }

  size_t Primary(size_t i) const {
    const Token& token = At(i);
    if (IsOperator(token, '(')) return Group(i);
    if (IsOperator(token, '?')) return i + 1;
    if (IsOperator(token, '$') &&
        (At(i + 1).kind == TokenKind::kNumber || At(i + 1).kind == TokenKind::kWord)) {
      return i + 2;
    }
    if (token.kind == TokenKind::kString || token.kind == TokenKind::kNumber) return i + 1;
    if (IsWord(token, "INTERVAL")) {
      const size_t amount = At(i + 1).kind == TokenKind::kOperator ? Primary(i + 1) : i + 2;
      const bool unit =
          At(amount).kind == TokenKind::kWord && !IsOneOf(At(amount), kEndsExpression);
      return std::min(unit ? amount + 1 : amount, last_);
    }
    const bool name = (token.kind == TokenKind::kWord && !IsOneOf(token, kEndsExpression)) ||
                      token.kind == TokenKind::kQuotedName ||
                      token.kind == TokenKind::kBacktickName;
    if (!name) {
      throw SyntaxError(sql_, token.begin, "a time is expected after TIMESTAMP AS OF");
    }
    if (At(i + 1).kind == TokenKind::kString) return i + 2;
    while (IsOperator(At(i + 1), '.') && At(i + 2).kind != TokenKind::kEnd) i += 2;
    return IsOperator(At(i + 1), '(') ? Group(i + 1) : i + 1;
  }

  /// The token after the parenthesis that closes the one at `i`.
  size_t Group(size_t i) const {
    size_t depth = 0;
    for (size_t at = i; at < last_; ++at) {
      if (IsOperator(tokens_[at], '(')) ++depth;
      if (IsOperator(tokens_[at], ')') && --depth == 0) return at + 1;
    }
    throw SyntaxError(sql_, At(i).begin, "the parenthesis that opens here is not closed");
  }

  std::string_view sql_;
  const std::vector<Token>& tokens_;
  size_t last_;
  const std::multimap<size_t, VariantPath> paths_;
  const std::map<size_t, CastType> types_;
  const std::map<size_t, StructCall> structs_;
  int depth_ = 0;
};

}  // namespace

std::string Respell(std::string_view sql, const std::vector<Token>& tokens, size_t first,
                    size_t last) {
  return Respeller(sql, tokens, first, last).Run(first, last);
}

}  // namespace lakehouse::query::duckdb::dialect
