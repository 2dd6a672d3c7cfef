#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "query/engines/duckdb/dialect/lexer.h"
#include "storage/schema.h"

namespace lakehouse::query::duckdb::dialect {

/// A place in the tokens of one statement, and the pieces that several statements share.
class Cursor {
 public:
  Cursor(std::string_view sql, const std::vector<Token>& tokens) : sql_(sql), tokens_(tokens) {}

  const Token& Peek(size_t ahead = 0) const;
  size_t position() const { return at_; }
  void MoveTo(size_t position) { at_ = position; }
  const Token& Take();
  bool AtEnd() const { return Peek().kind == TokenKind::kEnd; }

  bool TakeWord(std::string_view keyword);
  /// All of the keywords in a row, or none.
  bool TakeWords(std::initializer_list<std::string_view> keywords);
  bool TakeOperator(char symbol);
  void ExpectWord(std::string_view keyword);
  void ExpectOperator(char symbol);
  void ExpectEnd() const;

  /// One part of a name, quoted or not.
  std::string Identifier(const std::string& what);
  /// One to three parts.
  std::vector<std::string> Name(const std::string& what);
  /// A plain '...'.
  std::string Text(const std::string& what);

  /// The statement's own bytes of tokens [first, last).
  std::string Between(size_t first, size_t last) const;
  /// "line:column" of the next token.
  std::string Place() const { return Position(sql_, Peek().begin); }

  /// The LK-4001 at the next token.
  Error Expected(const std::string& what) const;
  /// The LK-4012 at the next token.
  Error Unsupported(const std::string& what, const std::string& hint) const;

 private:
  std::string_view sql_;
  const std::vector<Token>& tokens_;
  size_t at_ = 0;
};

/// A type in Spark's or DuckDB's spelling. A type that tables cannot hold is Unsupported LK-4012.
storage::DataTypePtr ParseType(Cursor& cursor);

/// The type behind a column's name; Unsupported LK-4012 when there is none.
storage::DataTypePtr ParseColumnType(Cursor& cursor, const std::string& column);

/// name[:] type [NOT NULL | NULL] [COMMENT '..'], of a struct.
storage::Field ParseStructField(Cursor& cursor, int depth);

}  // namespace lakehouse::query::duckdb::dialect
