#include "query/engines/duckdb/dialect/cursor.h"

#include <algorithm>
#include <array>

namespace lakehouse::query::duckdb::dialect {
namespace {

constexpr std::array<std::string_view, 17> kReserved = {
    "SELECT", "FROM", "WHERE", "TABLE", "AS",    "CREATE", "USING", "WITH", "ON",
    "UNION",  "AND",  "OR",    "NOT",   "GROUP", "ORDER",  "LIMIT", "INTO"};

constexpr size_t kMaxNameParts = 3;

}  // namespace

const Token& Cursor::Peek(size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

const Token& Cursor::Take() {
  const Token& token = Peek();
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool Cursor::TakeWord(std::string_view keyword) { return TakeWords({keyword}); }

bool Cursor::TakeWords(std::initializer_list<std::string_view> keywords) {
  size_t ahead = 0;
  for (const std::string_view keyword : keywords) {
    if (!IsWord(Peek(ahead++), keyword)) return false;
  }
  at_ += keywords.size();
  return true;
}

bool Cursor::TakeOperator(char symbol) {
  if (!IsOperator(Peek(), symbol)) return false;
  Take();
  return true;
}

void Cursor::ExpectWord(std::string_view keyword) {
  if (!TakeWord(keyword)) throw Expected(std::string(keyword));
}

void Cursor::ExpectOperator(char symbol) {
  if (!TakeOperator(symbol)) throw Expected(std::string("\"") + symbol + "\"");
}

void Cursor::ExpectEnd() const {
  if (!AtEnd()) throw Expected("the end of the statement");
}

std::string Cursor::Identifier(const std::string& what) {
  const Token& token = Peek();
  const bool quoted =
      token.kind == TokenKind::kQuotedName || token.kind == TokenKind::kBacktickName;
  if (quoted && token.text.empty()) throw Expected(what + " that is not empty");
  if (!quoted && token.kind != TokenKind::kWord) throw Expected(what);
  const bool reserved = !quoted && std::any_of(kReserved.begin(), kReserved.end(),
                                               [&](auto word) { return IsWord(token, word); });
  if (reserved) throw Expected(what + " (quote a reserved word with \"\")");
  return Take().text;
}

std::vector<std::string> Cursor::Name(const std::string& what) {
  std::vector<std::string> name = {Identifier(what)};
  while (IsOperator(Peek(), '.')) {
    if (name.size() == kMaxNameParts) throw Expected("a name of at most three parts");
    Take();
    name.push_back(Identifier(what));
  }
  return name;
}

std::string Cursor::Text(const std::string& what) {
  if (Peek().kind != TokenKind::kString || !Peek().plain) throw Expected(what + " as '...'");
  return Take().text;
}

std::string Cursor::Between(size_t first, size_t last) const {
  if (first >= last) return {};
  const size_t begin = tokens_[first].begin;
  return std::string(sql_.substr(begin, tokens_[last - 1].end - begin));
}

Error Cursor::Expected(const std::string& what) const {
  const Token& token = Peek();
  const std::string found =
      AtEnd() ? "the statement ends"
              : "there is " + std::string(sql_.substr(
                                  token.begin, std::min<size_t>(token.end - token.begin, 60)));
  return SyntaxError(sql_, token.begin, what + " is expected but " + found);
}

Error Cursor::Unsupported(const std::string& what, const std::string& hint) const {
  return {ErrorKind::kUnsupported, "LK-4012",
          what + " is not supported (at " + Position(sql_, Peek().begin) + ")", hint};
}

}  // namespace lakehouse::query::duckdb::dialect
