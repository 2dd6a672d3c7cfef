#include <algorithm>
#include <cctype>

#include "query/engines/duckdb/dialect/alter_table.h"
#include "query/engines/duckdb/dialect/analyze.h"
#include "query/engines/duckdb/dialect/clauses.h"
#include "query/engines/duckdb/dialect/copy_into.h"
#include "query/engines/duckdb/dialect/create_table.h"
#include "query/engines/duckdb/dialect/cursor.h"
#include "query/engines/duckdb/dialect/dialect.h"
#include "query/engines/duckdb/dialect/insert.h"
#include "query/engines/duckdb/dialect/isolation.h"
#include "query/engines/duckdb/dialect/merge.h"
#include "query/engines/duckdb/dialect/refused.h"
#include "query/engines/duckdb/dialect/respell.h"
#include "query/engines/duckdb/dialect/show.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

CreateSchema ParseCreateSchema(Cursor& cursor) {
  CreateSchema statement;
  statement.if_not_exists = cursor.TakeWords({"IF", "NOT", "EXISTS"});
  statement.name = cursor.Name("the schema's name");
  if (statement.name.size() > 2) throw cursor.Expected("a schema's name of one or two parts");
  if (cursor.TakeWord("COMMENT")) statement.comment = cursor.Text("the comment");
  for (const std::string_view word :
       {"LOCATION", "MANAGED", "WITH", "DBPROPERTIES", "AUTHORIZATION"}) {
    if (IsWord(cursor.Peek(), word)) {
      throw cursor.Unsupported(std::string(word) + " of CREATE SCHEMA", "leave it out");
    }
  }
  cursor.ExpectEnd();
  return statement;
}

DropTable ParseDrop(Cursor& cursor, bool view) {
  DropTable statement;
  statement.view = view;
  statement.if_exists = cursor.TakeWords({"IF", "EXISTS"});
  statement.name = cursor.Name(view ? "the view's name" : "the table's name");
  if (!view) statement.purge = cursor.TakeWord("PURGE");
  cursor.TakeWord("RESTRICT");
  if (IsWord(cursor.Peek(), "CASCADE")) {
    throw cursor.Unsupported("CASCADE of DROP", "drop what depends on it first");
  }
  if (IsOperator(cursor.Peek(), ',')) {
    throw cursor.Unsupported("DROP of several names", "write one statement for each");
  }
  cursor.ExpectEnd();
  return statement;
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// A setting of Spark that a session has by a name of ours, and what it may be.
struct SparkSetting {
  std::string_view spark, ours, one, other;
};

constexpr SparkSetting kSparkSettings[] = {
    {"spark.sql.sources.partitionOverwriteMode", "partition_overwrite_mode", "static", "dynamic"},
    {"spark.databricks.delta.schema.autoMerge.enabled", "schema_auto_merge", "true", "false"}};

/// Spark's names of settings that a session has; SET was taken. Nothing for another setting.
std::optional<DuckSql> ParseSparkSetting(Cursor& cursor) {
  if (!IsWord(cursor.Peek(), "SPARK") || !IsOperator(cursor.Peek(1), '.')) return std::nullopt;
  const std::string key = ParsePropertyKey(cursor);
  const auto* found = std::find_if(
      std::begin(kSparkSettings), std::end(kSparkSettings),
      [&](const SparkSetting& setting) { return Lower(std::string(setting.spark)) == Lower(key); });
  if (found == std::end(kSparkSettings)) {
    throw cursor.Unsupported("the setting " + key, "of Spark's settings there are " +
                                                       std::string(kSparkSettings[0].spark) +
                                                       " and " +
                                                       std::string(kSparkSettings[1].spark));
  }
  cursor.ExpectOperator('=');
  const std::string value =
      Lower(cursor.Peek().kind == TokenKind::kString ? cursor.Text("a value")
                                                     : cursor.Identifier("a value"));
  cursor.ExpectEnd();
  if (value != found->one && value != found->other) {
    throw cursor.Expected("before this " + std::string(found->one) + " or " +
                          std::string(found->other));
  }
  return DuckSql{"SET " + std::string(found->ours) + " = '" + value + "'"};
}

/// A statement of ours, or nothing.
std::optional<Statement> ParseOwn(const std::string& sql, Cursor& cursor,
                                  const std::vector<Token>& tokens, bool evolve) {
  if (auto command = ParseMaintenance(cursor))
    return std::visit([](auto& one) { return Statement(std::move(one)); }, *command);
  if (auto analyze = ParseAnalyze(cursor)) return *std::move(analyze);
  if (auto refresh = ParseRefresh(cursor)) return *std::move(refresh);
  RefuseStatement(cursor);
  if (auto isolation = ParseIsolation(cursor)) return DuckSql{*std::move(isolation)};
  if (cursor.TakeWords({"CREATE", "OR", "REPLACE", "TABLE"})) {
    return ParseCreateTable(sql, cursor, tokens, true);
  }
  if (cursor.TakeWords({"REPLACE", "TABLE"})) {
    CreateTable replace = ParseCreateTable(sql, cursor, tokens, true);
    replace.must_exist = true;
    return replace;
  }
  if (cursor.TakeWords({"CREATE", "TABLE"})) return ParseCreateTable(sql, cursor, tokens, false);
  if (cursor.TakeWords({"CREATE", "SCHEMA"}) || cursor.TakeWords({"CREATE", "DATABASE"})) {
    return ParseCreateSchema(cursor);
  }
  if (cursor.TakeWords({"ALTER", "TABLE"})) return ParseAlterTable(cursor);
  if (cursor.TakeWords({"COPY", "INTO"})) return ParseCopyInto(cursor);
  if (cursor.TakeWords({"COMMENT", "ON", "TABLE"})) return ParseCommentOnTable(cursor);
  if (cursor.TakeWords({"COMMENT", "ON", "COLUMN"})) return ParseCommentOnColumn(cursor);
  if (cursor.TakeWords({"DROP", "TABLE"})) return ParseDrop(cursor, false);
  if (cursor.TakeWords({"DROP", "VIEW"})) return ParseDrop(cursor, true);
  if (cursor.TakeWord("OPTIMIZE")) return ParseOptimize(sql, cursor, tokens);
  if (cursor.TakeWords({"REORG", "TABLE"})) return ParseReorg(sql, cursor, tokens);
  if (cursor.TakeWord("INSERT")) {
    if (auto insert = ParseInsert(sql, cursor, tokens, evolve)) return *std::move(insert);
    return std::nullopt;
  }
  if (cursor.TakeWord("SET")) {
    if (auto set = ParseSparkSetting(cursor)) return *std::move(set);
    return std::nullopt;
  }
  if (cursor.TakeWord("SHOW")) {
    if (auto show = ParseShow(cursor)) return *show;
    return std::nullopt;
  }
  if (!cursor.TakeWord("DESCRIBE") && !cursor.TakeWord("DESC")) return std::nullopt;
  const Token& next = cursor.Peek();
  for (const std::string_view word :
       {"SELECT", "WITH", "FROM", "VALUES", "INSERT", "UPDATE", "DELETE", "PIVOT", "UNPIVOT"}) {
    if (IsWord(next, word)) return std::nullopt;
  }
  const bool name = next.kind == TokenKind::kWord || next.kind == TokenKind::kQuotedName ||
                    next.kind == TokenKind::kBacktickName;
  if (!name) return std::nullopt;
  return ParseDescribe(cursor);
}

/// Without a closing semicolon.
std::vector<Token> StatementTokens(const std::string& sql) {
  std::vector<Token> tokens = Tokenize(sql);
  while (tokens.size() > 1 && IsOperator(tokens[tokens.size() - 2], ';')) {
    tokens.erase(tokens.end() - 2);
  }
  return tokens;
}

}  // namespace

Statement Parse(const std::string& sql, bool evolve) {
  std::vector<Token> tokens = StatementTokens(sql);
  if (tokens.size() == 1) throw SyntaxError(sql, 0, "there is no statement");
  for (const Token& token : tokens) {
    if (IsOperator(token, ';')) {
      throw SyntaxError(sql, token.begin, "only one statement at a time may be given");
    }
  }
  Cursor cursor(sql, tokens);
  if (auto own = ParseOwn(sql, cursor, tokens, evolve)) return *std::move(own);
  DuckSql statement;
  std::string text = sql;
  if (auto merge = ParseEvolvingMerge(sql, tokens, evolve)) {
    statement.evolution = std::move(merge->evolution);
    text = std::move(merge->sql);
    tokens = StatementTokens(text);
  }
  const std::string plain = WithPlainAssignments(text, tokens, statement.fields);
  if (plain != text) tokens = StatementTokens(plain);
  statement.sql = Respell(plain, tokens, 0, tokens.size() - 1);
  return statement;
}

std::string RespellExpression(const std::string& text) {
  const std::vector<Token> tokens = Tokenize(text);
  return Respell(text, tokens, 0, tokens.size() - 1);
}

std::vector<std::string> SplitStatements(const std::string& sql) {
  std::vector<std::string> statements;
  size_t begin = std::string::npos;
  size_t end = 0;
  for (const Token& token : TokenizeLoosely(sql)) {
    if (token.kind == TokenKind::kEnd || IsOperator(token, ';')) {
      if (begin != std::string::npos) statements.push_back(sql.substr(begin, end - begin));
      begin = std::string::npos;
      continue;
    }
    if (begin == std::string::npos) begin = token.begin;
    end = token.end;
  }
  return statements;
}

}  // namespace lakehouse::query::duckdb::dialect
