#include "query/engines/duckdb/dialect/lateral_views.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "query/engines/duckdb/dialect/cursor.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

constexpr std::array<std::string_view, 5> kFunctions = {"explode", "posexplode", "inline", "stack",
                                                        "variant_explode"};
constexpr std::string_view kOuter = "_outer";
/// More rows of a stack than these are a mistake.
constexpr size_t kMaxRows = 1000;

// Words that follow a LATERAL VIEW and are no name of it.
constexpr std::array<std::string_view, 20> kFollows = {
    "WHERE", "GROUP",     "HAVING",  "ORDER",  "LIMIT", "OFFSET", "LATERAL",
    "UNION", "EXCEPT",    "JOIN",    "LEFT",   "RIGHT", "INNER",  "FULL",
    "CROSS", "INTERSECT", "QUALIFY", "WINDOW", "MINUS", "ON"};

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool IsName(const Token& token) {
  if (token.kind == TokenKind::kQuotedName || token.kind == TokenKind::kBacktickName) return true;
  return token.kind == TokenKind::kWord &&
         std::none_of(kFollows.begin(), kFollows.end(),
                      [&](std::string_view word) { return IsWord(token, word); });
}

/// ( a, b ): the tokens of each.
std::vector<std::pair<size_t, size_t>> Arguments(Cursor& cursor) {
  std::vector<std::pair<size_t, size_t>> arguments;
  cursor.ExpectOperator('(');
  size_t first = cursor.position();
  for (int depth = 0;; cursor.Take()) {
    if (cursor.AtEnd()) throw cursor.Expected("\")\"");
    const Token& token = cursor.Peek();
    const bool closes = IsOperator(token, ')') || IsOperator(token, ']') || IsOperator(token, '}');
    const bool ends = depth == 0 && (closes || IsOperator(token, ','));
    if (ends && cursor.position() > first) arguments.emplace_back(first, cursor.position());
    if (ends) first = cursor.position() + 1;
    if (closes && depth-- == 0) break;
    if (IsOperator(token, '(') || IsOperator(token, '[') || IsOperator(token, '{')) ++depth;
  }
  cursor.ExpectOperator(')');
  return arguments;
}

/// The query of the rows that one row of the table has. It has each argument once: it may be long,
/// and may have views of its own.
class Rows {
 public:
  Rows(std::string_view sql, const Token& place, const LateralView& view,
       const std::vector<std::string>& arguments)
      : sql_(sql), place_(place), view_(view), arguments_(arguments) {}

  std::string Query() const {
    if (view_.function == "stack") return "SELECT " + Stack();
    if (arguments_.size() != 1) Refuse("takes one argument");
    if (view_.function == "inline") return "SELECT unnest(" + arguments_[0] + ", max_depth := 2)";
    return "SELECT " + Parts() + " FROM (SELECT " + arguments_[0] + " AS parts) AS given";
  }

 private:
  [[noreturn]] void Refuse(const std::string& why) const {
    throw SyntaxError(sql_, place_.begin, view_.function + " " + why);
  }

  std::string NameOf(size_t i, const std::string& otherwise) const {
    return QuoteName(i < view_.columns.size() ? view_.columns[i] : otherwise);
  }

  /// Of explode and posexplode.
  std::string Parts() const {
    std::string select;
    size_t names = view_.columns.size();
    size_t used = 0;
    if (view_.function == "posexplode") {
      select = "unnest(range(len(given.parts))) AS " + NameOf(used++, "pos") + ", ";
      names = names > 0 ? names - 1 : 0;
    }
    if (names > 2) Refuse("has fewer columns than are named");
    if (names < 2) return select + "unnest(given.parts) AS " + NameOf(used, "col");
    select += "unnest(map_keys(given.parts)) AS " + NameOf(used, "key");
    return select + ", unnest(map_values(given.parts)) AS " + NameOf(used + 1, "value");
  }

  /// stack(rows, a, b, ...): values that are missing at the end are null.
  std::string Stack() const {
    size_t rows = 0;
    const std::string count = arguments_.empty() ? "" : arguments_[0];
    const auto [end, failed] = std::from_chars(count.data(), count.data() + count.size(), rows);
    const bool whole = failed == std::errc() && end == count.data() + count.size();
    if (!whole || rows < 1 || rows > kMaxRows || arguments_.size() < 2) {
      Refuse("takes a number of rows from 1 to " + std::to_string(kMaxRows) + ", and values");
    }
    const size_t columns = (arguments_.size() - 1 + rows - 1) / rows;
    if (view_.columns.size() > columns) Refuse("has fewer columns than are named");
    std::string select;
    for (size_t column = 0; column < columns; ++column) {
      std::string values;
      for (size_t row = 0; row < rows; ++row) {
        const size_t at = 1 + row * columns + column;
        values += (row == 0 ? "" : ", ") + (at < arguments_.size() ? arguments_[at] : "NULL");
      }
      select += (column == 0 ? "" : ", ") + ("unnest([" + values + "]) AS ") +
                NameOf(column, "col" + std::to_string(column));
    }
    return select;
  }

  std::string_view sql_;
  const Token& place_;
  const LateralView& view_;
  const std::vector<std::string>& arguments_;
};

}  // namespace

std::optional<LateralView> ParseLateralView(std::string_view sql, const std::vector<Token>& tokens,
                                            size_t i) {
  Cursor cursor(sql, tokens);
  cursor.MoveTo(i);
  if (!cursor.TakeWords({"LATERAL", "VIEW"})) return std::nullopt;
  LateralView view;
  view.begin = i;
  view.outer = cursor.TakeWord("OUTER");
  const size_t place = cursor.position();
  view.function = Lower(cursor.Identifier("a function such as explode"));
  if (view.function.ends_with(kOuter)) {
    view.outer = true;
    view.function.resize(view.function.size() - kOuter.size());
  }
  if (std::find(kFunctions.begin(), kFunctions.end(), view.function) == kFunctions.end()) {
    cursor.MoveTo(place);
    throw cursor.Unsupported("LATERAL VIEW " + view.function,
                             "use explode, posexplode, inline, stack or variant_explode");
  }
  view.arguments = Arguments(cursor);
  if (IsName(cursor.Peek()) && !IsWord(cursor.Peek(), "AS")) view.name = cursor.Take().text;
  if (cursor.TakeWord("AS") || IsName(cursor.Peek())) {
    do {
      view.columns.push_back(cursor.Identifier("a column's name"));
    } while (cursor.TakeOperator(','));
  }
  view.end = cursor.position();
  return view;
}

std::string JoinOf(std::string_view sql, const std::vector<Token>& tokens, const LateralView& view,
                   const std::vector<std::string>& arguments) {
  // A table by itself where nothing names it: two views may not have one name.
  const std::string name =
      QuoteName(view.name.empty() ? "view" + std::to_string(view.begin) : view.name);
  std::string join = view.outer ? "LEFT JOIN LATERAL " : "CROSS JOIN LATERAL ";
  std::string columns;
  for (const auto& column : view.columns)
    columns += (columns.empty() ? "" : ", ") + QuoteName(column);
  const std::string named = columns.empty() ? name : name + "(" + columns + ")";
  if (view.function == "variant_explode") {
    if (arguments.size() != 1) {
      throw SyntaxError(sql, tokens[view.begin].begin, "variant_explode takes one argument");
    }
    join += "(SELECT * FROM variant_explode(" + arguments[0] + ")) AS " + named;
  } else {
    join += "(" + Rows(sql, tokens[view.begin], view, arguments).Query() + ") AS " +
            (view.function == "inline" ? named : name);
  }
  return join + (view.outer ? " ON true" : "");
}

}  // namespace lakehouse::query::duckdb::dialect
