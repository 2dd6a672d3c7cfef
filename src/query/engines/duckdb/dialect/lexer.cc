#include "query/engines/duckdb/dialect/lexer.h"

#include <algorithm>
#include <cctype>

#include "query/engines/duckdb/dialect/dialect.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameStart(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsNamePart(char c) { return IsNameStart(c) || IsDigit(c) || c == '$'; }

class Lexer {
 public:
  Lexer(std::string_view sql, bool strict) : sql_(sql), strict_(strict) {}

  std::vector<Token> Run() {
    if (strict_ && sql_.size() > kMaxStatementBytes) {
      throw SyntaxError(sql_, 0,
                        "the statement has " + std::to_string(sql_.size()) + " bytes, more than " +
                            std::to_string(kMaxStatementBytes));
    }
    while (SkipBlank()) Next();
    Add(TokenKind::kEnd, sql_.size(), "");
    return std::move(tokens_);
  }

 private:
  char At(size_t offset) const { return offset < sql_.size() ? sql_[offset] : '\0'; }

  void Add(TokenKind kind, size_t end, std::string text, bool plain = true) {
    tokens_.push_back({kind, at_, end, std::move(text), plain});
    at_ = end;
  }

  void AddRaw(TokenKind kind, size_t end) {
    Add(kind, end, std::string(sql_.substr(at_, end - at_)));
  }

  void Open(const std::string& what) const {
    if (strict_) throw SyntaxError(sql_, at_, what);
  }

  /// False at the end of the text.
  bool SkipBlank() {
    while (at_ < sql_.size()) {
      if (IsSpace(sql_[at_])) {
        ++at_;
      } else if (sql_.compare(at_, 2, "--") == 0) {
        at_ = std::min(sql_.find_first_of("\n\r", at_), sql_.size());
      } else if (sql_.compare(at_, 2, "/*") == 0) {
        SkipBlockComment();
      } else {
        return true;
      }
    }
    return false;
  }

  void SkipBlockComment() {
    size_t end = at_ + 2;
    for (size_t depth = 1; depth > 0;) {
      if (end >= sql_.size()) {
        Open("the comment that starts here has no end");
        return AddRaw(TokenKind::kOperator, sql_.size());
      }
      if (sql_.compare(end, 2, "/*") == 0) {
        ++depth;
        end += 2;
      } else if (sql_.compare(end, 2, "*/") == 0) {
        --depth;
        end += 2;
      } else {
        ++end;
      }
    }
    at_ = end;
  }

  void Next() {
    const char c = sql_[at_];
    if (c == '\0' && strict_) throw SyntaxError(sql_, at_, "a NUL byte");
    if ((c == 'e' || c == 'E') && At(at_ + 1) == '\'') return EscapeString();
    if (c == '\'') return Quoted(TokenKind::kString, '\'', "string");
    if (c == '"') return Quoted(TokenKind::kQuotedName, '"', "quoted name");
    if (c == '`') return Quoted(TokenKind::kBacktickName, '`', "quoted name");
    if (c == '$' && DollarString()) return;
    if (IsNameStart(c)) return Word();
    if (IsDigit(c) || (c == '.' && IsDigit(At(at_ + 1)) && !AfterName())) return Number();
    AddRaw(TokenKind::kOperator, at_ + 1);
  }

  /// "a.1" is a name and a position, not a name and ".1".
  bool AfterName() const {
    if (tokens_.empty() || tokens_.back().end != at_) return false;
    const Token& last = tokens_.back();
    return last.kind == TokenKind::kWord || last.kind == TokenKind::kQuotedName ||
           last.kind == TokenKind::kBacktickName || last.text == ")" || last.text == "]";
  }

  void Quoted(TokenKind kind, char quote, const std::string& what) {
    std::string text;
    size_t end = at_ + 1;
    while (true) {
      if (end >= sql_.size()) {
        Open("the " + what + " that starts here has no closing " + quote);
        return Add(kind, sql_.size(), std::move(text));
      }
      if (sql_[end] == quote) {
        if (At(end + 1) != quote) break;
        ++end;
      }
      text += sql_[end++];
    }
    Add(kind, end + 1, std::move(text));
  }

  void EscapeString() {
    size_t end = at_ + 2;
    while (end < sql_.size()) {
      if (sql_[end] == '\\') {
        end += 2;
      } else if (sql_[end] != '\'') {
        ++end;
      } else if (At(end + 1) == '\'') {
        end += 2;
      } else {
        return Add(TokenKind::kString, end + 1, std::string(sql_.substr(at_, end + 1 - at_)),
                   false);
      }
    }
    Open("the string that starts here has no closing '");
    Add(TokenKind::kString, sql_.size(), std::string(sql_.substr(at_)), false);
  }

  /// $$...$$ or $tag$...$tag$; false when it is a parameter such as $1.
  bool DollarString() {
    size_t tag_end = at_ + 1;
    if (IsNameStart(At(tag_end))) {
      while (IsNameStart(At(tag_end)) || IsDigit(At(tag_end))) ++tag_end;
    }
    if (At(tag_end) != '$') return false;
    const std::string_view tag = sql_.substr(at_, tag_end + 1 - at_);
    const size_t close = sql_.find(tag, tag_end + 1);
    if (close == std::string_view::npos) {
      Open("the string that starts here has no closing " + std::string(tag));
    }
    const size_t end = close == std::string_view::npos ? sql_.size() : close + tag.size();
    Add(TokenKind::kString, end, std::string(sql_.substr(at_, end - at_)), false);
    return true;
  }

  void Word() {
    size_t end = at_ + 1;
    while (end < sql_.size() && IsNamePart(sql_[end])) ++end;
    AddRaw(TokenKind::kWord, end);
  }

  void Number() {
    size_t end = at_;
    while (IsDigit(At(end)) || At(end) == '_') ++end;
    if (At(end) == '.') ++end;
    while (IsDigit(At(end)) || At(end) == '_') ++end;
    if (At(end) == 'e' || At(end) == 'E') {
      const size_t sign = At(end + 1) == '-' || At(end + 1) == '+' ? 1 : 0;
      if (IsDigit(At(end + 1 + sign))) end += 1 + sign;
      while (IsDigit(At(end))) ++end;
    }
    AddRaw(TokenKind::kNumber, end);
  }

  std::string_view sql_;
  bool strict_;
  size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> Tokenize(std::string_view sql) { return Lexer(sql, true).Run(); }
std::vector<Token> TokenizeLoosely(std::string_view sql) { return Lexer(sql, false).Run(); }

std::string Position(std::string_view sql, size_t offset) {
  size_t line = 1;
  size_t column = 1;
  for (size_t i = 0; i < std::min(offset, sql.size()); ++i) {
    if (sql[i] == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(sql[i]) & 0xC0) != 0x80) {
      ++column;
    }
  }
  return std::to_string(line) + ":" + std::to_string(column);
}

Error SyntaxError(std::string_view sql, size_t offset, const std::string& what) {
  return {ErrorKind::kInvalidArgument, "LK-4001",
          "syntax error at " + Position(sql, offset) + ": " + what,
          "look at the statement at that line and column"};
}

bool IsWord(const Token& token, std::string_view keyword) {
  return token.kind == TokenKind::kWord && token.text.size() == keyword.size() &&
         std::equal(keyword.begin(), keyword.end(), token.text.begin(), [](char a, char b) {
           return a == std::toupper(static_cast<unsigned char>(b));
         });
}

bool IsOperator(const Token& token, char symbol) {
  return token.kind == TokenKind::kOperator && token.text[0] == symbol;
}

std::string QuoteName(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace lakehouse::query::duckdb::dialect
