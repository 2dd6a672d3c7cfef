#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace lakehouse::query::duckdb::dialect {

enum class TokenKind { kWord, kQuotedName, kBacktickName, kString, kNumber, kOperator, kEnd };

/// A piece of the statement, at [begin, end) of its bytes. `text` is a name or plain string without
/// its quotes and escapes; of any other token the bytes as written.
struct Token {
  TokenKind kind = TokenKind::kEnd;
  size_t begin = 0;
  size_t end = 0;
  std::string text;
  bool plain = true;  ///< of a string: '...'; false for E'...' and $$...$$
};

/// All tokens, closed by one of kind kEnd; white space and comments lie between them. Operators are
/// single characters. Throws InvalidArgument LK-4001 for an open quote or comment, a NUL byte, and
/// a text above kMaxStatementBytes.
std::vector<Token> Tokenize(std::string_view sql);

/// The same without an end: what is open at the end of the text makes the last token or is skipped.
std::vector<Token> TokenizeLoosely(std::string_view sql);

/// "line:column" of a byte, both from 1; columns count characters, not bytes.
std::string Position(std::string_view sql, size_t offset);

/// The LK-4001 that says what is wrong at a byte of the statement.
Error SyntaxError(std::string_view sql, size_t offset, const std::string& what);

/// True when `token` is the unquoted keyword (given in upper case).
bool IsWord(const Token& token, std::string_view keyword);
bool IsOperator(const Token& token, char symbol);
/// "..." with inner quotes doubled.
std::string QuoteName(std::string_view name);

}  // namespace lakehouse::query::duckdb::dialect
