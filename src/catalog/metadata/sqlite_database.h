#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace lakehouse::catalog::metadata {

class Database;

/// A prepared statement with its values, borrowed from its Database; given back when it goes.
class Statement {
 public:
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;

  void Bind(int position, std::string_view text);
  void Bind(int position, int64_t value);
  /// False when there is no further row.
  bool Step();
  std::string Text(int column) const;
  int64_t Integer(int column) const;

 private:
  friend class Database;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Handle = std::unique_ptr<sqlite3_stmt, Finalizer>;

  Statement(Database& database, std::string sql, Handle handle);

  Database* database_;
  std::string sql_;
  Handle handle_;
};

/// One SQLite connection. Every failure is an Error: not a database or damaged Corruption LK-2021,
/// locked for longer than the busy timeout Unavailable LK-2022, disk full ResourceExhausted
/// LK-2024, any other IoError LK-2023. For one thread at a time.
class Database {
 public:
  /// Creates the file when it is absent. WAL, synchronous=FULL, foreign keys on.
  Database(const std::string& file, int busy_timeout_ms);

  /// Runs statements without values and without rows.
  void Execute(const std::string& sql);
  /// The statement with its values bound, from the cache of this connection.
  template <typename... Values>
  Statement Query(const std::string& sql, const Values&... values) {
    Statement statement = Prepare(sql);
    int position = 0;
    (statement.Bind(++position, values), ...);
    return statement;
  }
  /// Runs a statement to its end and gives the number of rows that it changed.
  template <typename... Values>
  int64_t Run(const std::string& sql, const Values&... values) {
    Statement statement = Query(sql, values...);
    while (statement.Step()) {
    }
    return sqlite3_changes64(handle_.get());
  }
  bool InTransaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
  const std::string& file() const { return file_; }

 private:
  friend class Statement;
  struct Closer {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };

  Statement Prepare(const std::string& sql);
  void Check(int code) const;
  [[noreturn]] void Fail(int code) const;

  std::string file_;
  std::unique_ptr<sqlite3, Closer> handle_;
  std::map<std::string, Statement::Handle>
      idle_;  ///< by SQL text; bounded: the texts are constants
};

}  // namespace lakehouse::catalog::metadata
